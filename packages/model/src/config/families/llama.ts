import type { ExpectedTensor, ModelConfig } from '../config.ts';
import type { Fields } from '../fields.ts';
import { parseRope } from '../parse-rope.ts';
import { parseDtype, parseHead, parseTokenIds } from '../parse-shared.ts';

/** More layers than any model has; a config that claims more would only cost time. */
const MOST_LAYERS = 4096;

/** Llama, SmolLM2 and their kin; absent keys have transformers' defaults. */
export function parseLlama(fields: Fields): ModelConfig {
  const attentionBias = fields.boolean('attention_bias', false);
  return {
    modelType: 'llama',
    ...parseBody(fields, { keyValueHeads: undefined, positions: 2048 }),
    ...parseHead(fields, 'LlamaForCausalLM'),
    slidingWindow: null,
    attentionBias,
    attentionOutputBias: attentionBias,
    mlpBias: fields.boolean('mlp_bias', false),
  };
}

/** Mistral: Llama with a sliding window and without biases. An absent window is 4096, null is none. */
export function parseMistral(fields: Fields): ModelConfig {
  const noWindow = fields.has('sliding_window') && fields.get('sliding_window') === undefined;
  return {
    modelType: 'mistral',
    ...parseBody(fields, { keyValueHeads: 8, positions: 131072 }),
    ...parseHead(fields, 'MistralForCausalLM'),
    slidingWindow: noWindow ? null : fields.int('sliding_window', { fallback: 4096 }),
    attentionBias: false,
    attentionOutputBias: false,
    mlpBias: false,
  };
}

function parseBody(fields: Fields, absent: { keyValueHeads?: number; positions: number }) {
  const hiddenSize = fields.int('hidden_size');
  const numAttentionHeads = fields.int('num_attention_heads');
  // Absent and null differ in Mistral's class: 8 heads, or as many as there are query heads.
  const heads = fields.has('num_key_value_heads') ? undefined : absent.keyValueHeads;
  const numKeyValueHeads = fields.int('num_key_value_heads', {
    fallback: heads ?? numAttentionHeads,
  });
  if (numAttentionHeads % numKeyValueHeads !== 0) {
    throw fields.invalid(
      'num_key_value_heads',
      `a divisor of the ${numAttentionHeads} query heads`,
    );
  }
  const headDim = fields.int('head_dim', { fallback: hiddenSize / numAttentionHeads });
  if (headDim % 2 !== 0) throw fields.invalid('head_dim', 'even, since its halves are rotated');
  const act = fields.text('hidden_act', 'silu');
  if (act !== 'silu' && act !== 'swish') {
    throw fields.unsupported('hidden_act', 'but only silu runs here for this family');
  }
  const vocabSize = fields.int('vocab_size');
  return {
    vocabSize,
    hiddenSize,
    intermediateSize: fields.int('intermediate_size'),
    numHiddenLayers: fields.int('num_hidden_layers', { max: MOST_LAYERS }),
    numAttentionHeads,
    numKeyValueHeads,
    headDim,
    maxPositionEmbeddings: fields.int('max_position_embeddings', { fallback: absent.positions }),
    hiddenAct: 'silu' as const,
    rmsNormEps: fields.number('rms_norm_eps', { fallback: 1e-6 }),
    initializerRange: fields.number('initializer_range', { fallback: 0.02 }),
    rope: parseRope(fields, headDim),
    tieWordEmbeddings: fields.boolean('tie_word_embeddings', false),
    ...parseTokenIds(fields, { bos: 1, eos: 2 }),
    dtype: parseDtype(fields),
  };
}

/** Projections are [out, in]. With tied embeddings there is no lm_head; a score model has `score` instead. */
export function* llamaTensors(c: ModelConfig): Generator<ExpectedTensor> {
  const queries = c.numAttentionHeads * c.headDim;
  const keys = c.numKeyValueHeads * c.headDim;
  yield { name: 'model.embed_tokens.weight', shape: [c.vocabSize, c.hiddenSize] };
  for (let layer = 0; layer < c.numHiddenLayers; layer++) {
    const at = `model.layers.${layer}.`;
    yield { name: `${at}input_layernorm.weight`, shape: [c.hiddenSize] };
    yield* linear(`${at}self_attn.q_proj`, queries, c.hiddenSize, c.attentionBias);
    yield* linear(`${at}self_attn.k_proj`, keys, c.hiddenSize, c.attentionBias);
    yield* linear(`${at}self_attn.v_proj`, keys, c.hiddenSize, c.attentionBias);
    yield* linear(`${at}self_attn.o_proj`, c.hiddenSize, queries, c.attentionOutputBias);
    yield { name: `${at}post_attention_layernorm.weight`, shape: [c.hiddenSize] };
    yield* linear(`${at}mlp.gate_proj`, c.intermediateSize, c.hiddenSize, c.mlpBias);
    yield* linear(`${at}mlp.up_proj`, c.intermediateSize, c.hiddenSize, c.mlpBias);
    yield* linear(`${at}mlp.down_proj`, c.hiddenSize, c.intermediateSize, c.mlpBias);
  }
  yield { name: 'model.norm.weight', shape: [c.hiddenSize] };
  if (c.head === 'score') yield { name: 'score.weight', shape: [c.numLabels, c.hiddenSize] };
  else if (!c.tieWordEmbeddings) {
    yield { name: 'lm_head.weight', shape: [c.vocabSize, c.hiddenSize] };
  }
}

function* linear(
  name: string,
  out: number,
  from: number,
  bias: boolean,
): Generator<ExpectedTensor> {
  yield { name: `${name}.weight`, shape: [out, from] };
  if (bias) yield { name: `${name}.bias`, shape: [out] };
}
