import type { ModelConfig, RopeConfig } from '../../config/config.ts';
import type { Fields } from '../../config/fields.ts';
import { parseBody, parseLayerTypes } from '../../config/parse-body.ts';
import { ropeOf } from '../../config/parse-rope.ts';
import { parseHead } from '../../config/parse-shared.ts';
import { ggufValue } from '../../files/gguf-writer.ts';
import type { Family } from '../family.ts';
import { gatedBlueprint } from '../gated.ts';

const classes = { lm: 'Gemma3ForCausalLM', score: 'Gemma3TextForSequenceClassification' };
const thetas = { global: 1_000_000, local: 10_000 };

/**
 * Gemma 3, the text model: embeddings times √width, norms before and after each half of a block that multiply by
 * 1 + w, a norm on each head of queries and keys, GeGLU, and five layers with a window for one that sees all, each
 * kind with rotary angles of its own.
 * @see Gemma Team 2025, https://arxiv.org/abs/2503.19786
 */
export const family: Family = {
  modelType: 'gemma3_text',
  classes,
  parse(fields) {
    const body = parseBody(fields, {
      ...{ keyValueHeads: 4, headDim: 256, positions: 131072, tied: true },
      ...{ bos: 2, eos: 1, pad: 0 },
      activation: { key: 'hidden_activation', only: 'gelu_pytorch_tanh' },
    });
    if (fields.boolean('use_bidirectional_attention', false)) {
      throw fields.unsupported(
        'use_bidirectional_attention',
        'but tokens see only what is before them here',
      );
    }
    const attentionBias = fields.boolean('attention_bias', false);
    return {
      modelType: 'gemma3_text',
      ...body,
      ...parseHead(fields, classes.lm),
      ...parseRopes(fields, body.headDim),
      ...parseWindows(fields, body.numHiddenLayers),
      queryPreAttnScalar: fields.number('query_pre_attn_scalar', { fallback: 256 }),
      attentionBias,
      attentionOutputBias: attentionBias,
      mlpBias: false,
    };
  },
  blueprint: (config) =>
    gatedBlueprint(config, {
      ...{ norms: 'both', queryKeyNorms: 'head', normOffset: 1 },
      embeddingScale: Math.sqrt(config.hiddenSize),
    }),
  biasKeys: ['attention_bias'],
  gguf: {
    architecture: 'gemma3',
    read({ number }, { rope_parameters: full, hidden_act: _, ...common }) {
      const layers = Number(common.num_hidden_layers);
      const window = number('attention.sliding_window') ?? 0;
      const period = number('attention.sliding_window_pattern') ?? 6;
      return {
        ...common,
        hidden_activation: 'gelu_pytorch_tanh',
        layer_types: Array.from({ length: layers }, (_, i) =>
          window > 0 && (i + 1) % period !== 0 ? 'sliding_attention' : 'full_attention',
        ),
        query_pre_attn_scalar: llamaCppScalar(layers, common),
        rope_parameters: {
          full_attention: full,
          sliding_attention: {
            rope_type: 'default',
            rope_theta: number('rope.freq_base_swa') ?? thetas.local,
          },
        },
        sliding_window: window > 0 ? window : null,
      };
    },
    write: ({ headDim, localRope }) => [
      ['attention.key_length', ggufValue.uint32(headDim)],
      ['attention.value_length', ggufValue.uint32(headDim)],
      ...(localRope && localRope.type !== 'none'
        ? [['rope.freq_base_swa', ggufValue.float32(localRope.theta)] as const]
        : []),
    ],
    lacks(c) {
      const common = {
        ...{ hidden_size: c.hiddenSize, head_dim: c.headDim },
        num_attention_heads: c.numAttentionHeads,
      };
      if (c.queryPreAttnScalar !== llamaCppScalar(c.numHiddenLayers, common)) {
        return `its Gemma 3 has no query_pre_attn_scalar of ${c.queryPreAttnScalar}`;
      }
      const { slidingWindow, layerTypes } = c;
      const usual = layerTypes?.every(
        (type, i) => ((i + 1) % 6 === 0) === (type === 'full_attention'),
      );
      if (slidingWindow !== null && !usual) return 'its Gemma 3 sees all in every sixth layer';
      if (c.localRope && c.localRope.type !== 'default')
        return 'its windows have plain rotary angles';
      return c.attentionBias ? 'its Gemma 3 has no biases' : undefined;
    },
  },
};

/** What llama.cpp divides scores by the root of: heads' dimension, but for the model of 27 billion (62 layers). */
function llamaCppScalar(layers: number, common: Readonly<Record<string, unknown>>): number {
  if (layers !== 62) return Number(common.head_dim);
  return Math.floor(Number(common.hidden_size) / Number(common.num_attention_heads));
}

/** Angles of layers that see all, and of those with a window: one set in `rope_parameters` for each now. */
function parseRopes(fields: Fields, headDim: number): Pick<ModelConfig, 'rope' | 'localRope'> {
  const now = fields.within('rope_parameters');
  const side = (type: string, theta: number): RopeConfig => {
    const own = now?.within(type);
    return own ? ropeOf(own, own, headDim, theta) : { type: 'default', theta };
  };
  if (now) {
    return {
      rope: side('full_attention', thetas.global),
      localRope: side('sliding_attention', thetas.local),
    };
  }
  const theta = fields.number('rope_local_base_freq', { fallback: thetas.local });
  return {
    rope: ropeOf(fields.within('rope_scaling'), fields, headDim, thetas.global),
    localRope: { type: 'default', theta },
  };
}

/** `layer_types` now, before them a full layer in every `sliding_window_pattern`. */
function parseWindows(
  fields: Fields,
  layers: number,
): Pick<ModelConfig, 'slidingWindow' | 'layerTypes'> {
  const key = fields.has('sliding_window_pattern')
    ? 'sliding_window_pattern'
    : '_sliding_window_pattern';
  const period = fields.int(key, { fallback: 6 });
  const layerTypes = parseLayerTypes(fields, layers, (layer) => (layer + 1) % period !== 0);
  if (!layerTypes) return { slidingWindow: null };
  return { slidingWindow: fields.int('sliding_window', { fallback: 4096 }), layerTypes };
}
