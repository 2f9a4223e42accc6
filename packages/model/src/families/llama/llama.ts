import type { ModelConfig } from '../../config/config.ts';
import type { Fields } from '../../config/fields.ts';
import { parseBody } from '../../config/parse-body.ts';
import { parseHead } from '../../config/parse-shared.ts';
import type { Family } from '../family.ts';
import { gatedBlueprint } from '../gated.ts';

const classes = { lm: 'LlamaForCausalLM', score: 'LlamaForSequenceClassification' };

/** Llama 2 and 3, SmolLM, SmolLM2, and others of their build. */
export const family: Family = {
  modelType: 'llama',
  classes,
  parse(fields: Fields): ModelConfig {
    const attentionBias = fields.boolean('attention_bias', false);
    return {
      modelType: 'llama',
      ...parseBody(fields, { positions: 2048, bos: 1, eos: 2 }),
      ...parseHead(fields, classes.lm),
      slidingWindow: null,
      attentionBias,
      attentionOutputBias: attentionBias,
      mlpBias: fields.boolean('mlp_bias', false),
    };
  },
  blueprint: (config) => gatedBlueprint(config),
  biasKeys: ['attention_bias', 'mlp_bias'],
  gguf: {
    architecture: 'llama',
    interleaved: true,
    claims: ({ number }) => !((number('attention.sliding_window') ?? 0) > 0),
    read: ({ has }, common) => ({
      ...common,
      attention_bias: has('blk.0.attn_q.bias'),
      mlp_bias: has('blk.0.ffn_gate.bias'),
    }),
  },
};
