import { parseBody } from '../../config/parse-body.ts';
import { parseHead } from '../../config/parse-shared.ts';
import type { Family } from '../family.ts';
import { gatedBlueprint } from '../gated.ts';

const classes = { lm: 'Olmo2ForCausalLM', score: 'Olmo2ForSequenceClassification' };

/**
 * OLMo 2: Llama whose norms stand after attention and feed-forward layer, before they are added, with one norm over
 * all heads of queries and one over all heads of keys.
 * @see OLMo Team 2025, https://arxiv.org/abs/2501.00656
 */
export const family: Family = {
  modelType: 'olmo2',
  classes,
  parse(fields) {
    const attentionBias = fields.boolean('attention_bias', false);
    return {
      modelType: 'olmo2',
      ...parseBody(fields, { positions: 2048, eps: 1e-5, eos: 50279, pad: 1 }),
      ...parseHead(fields, classes.lm),
      slidingWindow: null,
      attentionBias,
      attentionOutputBias: attentionBias,
      mlpBias: false,
    };
  },
  blueprint: (config) => gatedBlueprint(config, { norms: 'after', queryKeyNorms: 'all' }),
  biasKeys: ['attention_bias'],
  gguf: {
    architecture: 'olmo2',
    // The windows of OLMo 3, which shares the architecture.
    claims: ({ number }) => !((number('attention.sliding_window') ?? 0) > 0),
    lacks: ({ attentionBias, tieWordEmbeddings }) =>
      attentionBias
        ? 'its OLMo 2 has no biases'
        : tieWordEmbeddings
          ? 'its OLMo 2 has an output layer of its own'
          : undefined,
  },
};
