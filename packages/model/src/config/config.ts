/** How rotary angles are made from `theta`; the kinds are those of Hugging Face's `rope_type`. */
export type RopeConfig =
  | { type: 'default'; theta: number }
  /** Every frequency divided by `factor`. */
  | { type: 'linear'; theta: number; factor: number }
  /** Llama 3.1's: low frequencies divided by `factor`, high ones kept, a ramp between. */
  | {
      type: 'llama3';
      theta: number;
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalMaxPositionEmbeddings: number;
    }
  /** Each of the headDim / 2 frequencies divided by its own number (GGUF's rope_freqs, longrope). */
  | { type: 'factors'; theta: number; factors: readonly number[] };

/** `model_type` of the families that run here. */
export type ModelType = 'llama' | 'mistral';

/** What sits on the decoder: next-token logits, or a classifier's scores (reward and value models). */
export type ModelHead = 'lm' | 'score';

/** A decoder's shape and habits, read from config.json or a GGUF's metadata; names are Hugging Face's. */
export interface ModelConfig {
  modelType: ModelType;
  /** `architectures[0]`, such as LlamaForCausalLM. */
  architecture: string;
  head: ModelHead;
  /** Outputs of a score head; 1 for a reward model. */
  numLabels: number;
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  numHiddenLayers: number;
  numAttentionHeads: number;
  numKeyValueHeads: number;
  headDim: number;
  /** Positions the model was trained for. */
  maxPositionEmbeddings: number;
  hiddenAct: 'silu';
  rmsNormEps: number;
  /** Standard deviation of freshly made weights. */
  initializerRange: number;
  rope: RopeConfig;
  /** A token sees itself and `slidingWindow - 1` before it; null: all before it. */
  slidingWindow: number | null;
  /** The output layer is the embedding table. */
  tieWordEmbeddings: boolean;
  /** Biases on q, k and v. */
  attentionBias: boolean;
  /** A bias on the attention's output projection. */
  attentionOutputBias: boolean;
  /** Biases on gate, up and down. */
  mlpBias: boolean;
  bosTokenId: number | null;
  /** Every id that ends a text; empty when none is named. */
  eosTokenIds: number[];
  padTokenId: number | null;
  /** What the weights are stored as by the config's word; computing is in float32 all the same. */
  dtype: 'float32' | 'float16' | 'bfloat16';
}

/** A tensor that a config asks for, in Hugging Face's name and layout. */
export interface ExpectedTensor {
  name: string;
  shape: number[];
}
