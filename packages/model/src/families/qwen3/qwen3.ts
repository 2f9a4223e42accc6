import { parseBody, parseSwitchedWindow } from '../../config/parse-body.ts';
import { parseHead } from '../../config/parse-shared.ts';
import { ggufValue } from '../../files/gguf-writer.ts';
import type { Family } from '../family.ts';
import { gatedBlueprint } from '../gated.ts';

const classes = { lm: 'Qwen3ForCausalLM', score: 'Qwen3ForSequenceClassification' };

/**
 * Qwen3: Llama with a norm on each head of queries and keys, and heads of 128 whatever the width.
 * @see Yang et al. 2025, https://arxiv.org/abs/2505.09388
 */
export const family: Family = {
  modelType: 'qwen3',
  classes,
  parse(fields) {
    const body = parseBody(fields, { keyValueHeads: 32, headDim: 128, positions: 32768 });
    const full = fields.int('max_window_layers', { min: 0, fallback: 28 });
    const slides = (layer: number) => layer >= full;
    const attentionBias = fields.boolean('attention_bias', false);
    return {
      modelType: 'qwen3',
      ...body,
      ...parseHead(fields, classes.lm),
      ...parseSwitchedWindow(fields, body.numHiddenLayers, { fallback: 4096, slides }),
      attentionBias,
      attentionOutputBias: attentionBias,
      mlpBias: false,
    };
  },
  blueprint: (config) => gatedBlueprint(config, { queryKeyNorms: 'head' }),
  biasKeys: ['attention_bias'],
  gguf: {
    architecture: 'qwen3',
    read: ({ has }, common) => ({
      ...common,
      attention_bias: has('blk.0.attn_q.bias'),
      use_sliding_window: false,
    }),
    write: ({ headDim }) => [
      ['attention.key_length', ggufValue.uint32(headDim)],
      ['attention.value_length', ggufValue.uint32(headDim)],
    ],
    lacks: ({ slidingWindow, attentionBias }) =>
      slidingWindow !== null
        ? 'its Qwen3 has no sliding window'
        : attentionBias
          ? 'its Qwen3 has no biases'
          : undefined,
  },
};
