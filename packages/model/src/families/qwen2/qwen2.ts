import { parseBody, parseSwitchedWindow } from '../../config/parse-body.ts';
import { parseHead } from '../../config/parse-shared.ts';
import type { Family } from '../family.ts';
import { gatedBlueprint } from '../gated.ts';

const classes = { lm: 'Qwen2ForCausalLM', score: 'Qwen2ForSequenceClassification' };

/**
 * Qwen2 and Qwen2.5: Llama with biases on q, k and v, which no key names. `sliding_window` counts only where
 * `use_sliding_window` is true, and then from layer `max_window_layers` on.
 * @see Yang et al. 2024, https://arxiv.org/abs/2407.10671
 */
export const family: Family = {
  modelType: 'qwen2',
  classes,
  parse(fields) {
    const body = parseBody(fields, { keyValueHeads: 32, positions: 32768 });
    const full = fields.int('max_window_layers', { min: 0, fallback: 28 });
    const slides = (layer: number) => layer >= full;
    return {
      modelType: 'qwen2',
      ...body,
      ...parseHead(fields, classes.lm),
      ...parseSwitchedWindow(fields, body.numHiddenLayers, { fallback: 4096, slides }),
      attentionBias: true,
      attentionOutputBias: false,
      mlpBias: false,
    };
  },
  blueprint: (config) => gatedBlueprint(config),
  gguf: {
    architecture: 'qwen2',
    read: (_, common) => ({ ...common, use_sliding_window: false }),
    lacks: ({ slidingWindow }) =>
      slidingWindow === null ? undefined : 'its Qwen2 has no sliding window',
  },
};
