/** How rotary angles are made from `theta`; the kinds are those of Hugging Face's `rope_type`. */
export type RopeConfig =
  /** No rotation anywhere: positions are learned, or there are none. */
  | { type: 'none' }
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
  | {
      type: 'factors';
      theta: number;
      factors: readonly number[];
      /** Cosines and sines are multiplied by it (longrope). Default 1. */
      attentionFactor?: number;
      /** Up to so many positions these factors hold; beyond, others, which are not computed (longrope). */
      originalMaxPositionEmbeddings?: number;
      longFactors?: readonly number[];
    };

/** `model_type` of a family that runs here: one of `MODEL_TYPES`. */
export type ModelType = string;

/** The gate or the activation of a feed-forward layer, in Hugging Face's words. */
export type Activation = 'silu' | 'gelu' | 'gelu_pytorch_tanh';

/** What a layer's attention sees, in Hugging Face's words. */
export type LayerType = 'full_attention' | 'sliding_attention';

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
  hiddenAct: Activation;
  /** Of all norms, layer norms too. */
  rmsNormEps: number;
  /** Standard deviation of freshly made weights. */
  initializerRange: number;
  rope: RopeConfig;
  /** Of the layers with a window, where these are turned by angles of their own (Gemma 3). */
  localRope?: RopeConfig;
  /** Which layers are turned at all, where not all are (SmolLM3). */
  ropeLayers?: readonly boolean[];
  /** A token sees itself and `slidingWindow - 1` before it; null: all before it. */
  slidingWindow: number | null;
  /** Which layers have the window, where not all have it. */
  layerTypes?: readonly LayerType[];
  /** Attention's scores are divided by the root of this; absent: of `headDim` (Gemma 3). */
  queryPreAttnScalar?: number;
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
