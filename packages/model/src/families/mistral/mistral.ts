import { parseBody } from '../../config/parse-body.ts';
import { parseHead } from '../../config/parse-shared.ts';
import type { Family } from '../family.ts';
import { gatedBlueprint } from '../gated.ts';

const classes = { lm: 'MistralForCausalLM', score: 'MistralForSequenceClassification' };

/**
 * Mistral: Llama with a sliding window and without biases. An absent window is 4096, null is none.
 * @see Jiang et al. 2023, https://arxiv.org/abs/2310.06825
 */
export const family: Family = {
  modelType: 'mistral',
  classes,
  parse(fields) {
    const noWindow = fields.has('sliding_window') && fields.get('sliding_window') === undefined;
    return {
      modelType: 'mistral',
      ...parseBody(fields, { keyValueHeads: 8, positions: 131072, bos: 1, eos: 2 }),
      ...parseHead(fields, classes.lm),
      slidingWindow: noWindow ? null : fields.int('sliding_window', { fallback: 4096 }),
      attentionBias: false,
      attentionOutputBias: false,
      mlpBias: false,
    };
  },
  blueprint: (config) => gatedBlueprint(config),
  gguf: {
    architecture: 'llama',
    interleaved: true,
    claims: ({ number }) => (number('attention.sliding_window') ?? 0) > 0,
    read: ({ number }, common) => ({
      ...common,
      sliding_window: number('attention.sliding_window'),
    }),
  },
};
