import type { ModelConfig } from '../../config/config.ts';
import { MOST_LAYERS, parseActivation } from '../../config/parse-body.ts';
import { parseDtype, parseHead, parseTokenIds } from '../../config/parse-shared.ts';
import { type Block, type Blueprint, headOf, type Module, moduleMaker } from '../blueprint.ts';
import type { Family } from '../family.ts';

const classes = { lm: 'GPT2LMHeadModel', score: 'GPT2ForSequenceClassification' };

/**
 * GPT-2: learned positions, layer norms, biases everywhere, a feed-forward layer without a gate, and matrices that
 * lie [in, out] (transformers' Conv1D).
 * @see Radford et al. 2019, Language Models are Unsupervised Multitask Learners
 */
export const family: Family = {
  modelType: 'gpt2',
  classes,
  parse(fields) {
    const hiddenSize = fields.int('n_embd', { fallback: 768 });
    const heads = fields.int('n_head', { fallback: 12 });
    if (hiddenSize % heads !== 0)
      throw fields.invalid('n_head', `a divisor of n_embd, ${hiddenSize}`);
    for (const [key, usual] of [
      ['scale_attn_weights', true],
      ['scale_attn_by_inverse_layer_idx', false],
      ['add_cross_attention', false],
    ] as const) {
      if (fields.boolean(key, usual) === usual) continue;
      throw fields.unsupported(key, `but only ${usual} runs here`);
    }
    return {
      modelType: 'gpt2',
      ...parseHead(fields, classes.lm),
      vocabSize: fields.int('vocab_size', { fallback: 50257 }),
      hiddenSize,
      intermediateSize: fields.int('n_inner', { fallback: 4 * hiddenSize }),
      numHiddenLayers: fields.int('n_layer', { max: MOST_LAYERS, fallback: 12 }),
      numAttentionHeads: heads,
      numKeyValueHeads: heads,
      headDim: hiddenSize / heads,
      maxPositionEmbeddings: fields.int('n_positions', { fallback: 1024 }),
      hiddenAct: parseActivation(fields, 'activation_function', 'gelu_new'),
      rmsNormEps: fields.number('layer_norm_epsilon', { fallback: 1e-5 }),
      initializerRange: fields.number('initializer_range', { fallback: 0.02 }),
      rope: { type: 'none' },
      slidingWindow: null,
      tieWordEmbeddings: fields.boolean('tie_word_embeddings', true),
      attentionBias: true,
      attentionOutputBias: true,
      mlpBias: true,
      ...parseTokenIds(fields, { bos: 50256, eos: 50256 }),
      dtype: parseDtype(fields),
    };
  },
  blueprint(c): Blueprint {
    const { embedding, layerNorm } = moduleMaker();
    const head = headOf(c);
    return {
      tokens: embedding('tokens', 'transformer.wte', c.vocabSize, c.hiddenSize),
      positions: embedding('positions', 'transformer.wpe', c.maxPositionEmbeddings, c.hiddenSize),
      blocks: Array.from({ length: c.numHiddenLayers }, (_, layer) => block(c, layer)),
      norm: layerNorm('norm', 'transformer.ln_f', c.hiddenSize, c.rmsNormEps),
      ...(head && { head }),
    };
  },
  gguf: {
    architecture: 'gpt2',
    read: (_, c) => ({
      architectures: c.architectures,
      model_type: 'gpt2',
      activation_function: 'gelu_new',
      vocab_size: c.vocab_size,
      n_embd: c.hidden_size,
      n_head: c.num_attention_heads,
      n_inner: c.intermediate_size,
      n_layer: c.num_hidden_layers,
      n_positions: c.max_position_embeddings,
      layer_norm_epsilon: c.rms_norm_eps,
      tie_word_embeddings: c.tie_word_embeddings,
      bos_token_id: c.bos_token_id,
      eos_token_id: c.eos_token_id,
      pad_token_id: c.pad_token_id,
      dtype: c.dtype,
    }),
    lacks: ({ hiddenAct }) =>
      hiddenAct === 'gelu_pytorch_tanh' ? undefined : `its GPT-2 has gelu_new, not ${hiddenAct}`,
  },
};

function block(c: ModelConfig, layer: number): Block {
  const { linear, layerNorm } = moduleMaker(layer);
  const path = `transformer.h.${layer}`;
  const width = c.hiddenSize;
  const conv = (role: Module['role'], name: string, from: number, out: number): Module => ({
    ...linear(role, `${path}.${name}`, from, out, true),
    transposed: true,
    // Outputs of both halves start smaller, since they add up layer by layer.
    ...(name.endsWith('c_proj') && {
      deviation: c.initializerRange / Math.sqrt(2 * c.numHiddenLayers),
    }),
  });
  return {
    path,
    attention: {
      before: layerNorm('attention_norm', `${path}.ln_1`, width, c.rmsNormEps),
      inputs: [conv('qkv', 'attn.c_attn', width, 3 * width)],
      stack: `${path}.attn.c_attn`,
      output: conv('o', 'attn.c_proj', width, width),
      rope: null,
      window: null,
    },
    feedForward: {
      before: layerNorm('feed_forward_norm', `${path}.ln_2`, width, c.rmsNormEps),
      inputs: [conv('up', 'mlp.c_fc', width, c.intermediateSize)],
      stack: `${path}.mlp.c_fc`,
      output: conv('down', 'mlp.c_proj', c.intermediateSize, width),
      gated: false,
      activation: c.hiddenAct,
    },
  };
}
