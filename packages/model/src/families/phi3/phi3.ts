import { parseBody } from '../../config/parse-body.ts';
import { parseHead } from '../../config/parse-shared.ts';
import { ggufValue } from '../../files/gguf-writer.ts';
import type { Family } from '../family.ts';
import { gatedBlueprint } from '../gated.ts';

const classes = { lm: 'Phi3ForCausalLM', score: 'Phi3ForSequenceClassification' };

/**
 * Phi-3, Phi-3.5 and Phi-4 of 14 billion: Llama with q, k and v in one layer, and gate and up in one. Models of long
 * contexts (longrope) have the positions of their first training here, 4,096; heads turned in part (Phi-4 mini) are
 * refused.
 * @see Abdin et al. 2024, https://arxiv.org/abs/2404.14219
 */
export const family: Family = {
  modelType: 'phi3',
  classes,
  parse(fields) {
    const body = parseBody(fields, {
      ...{ positions: 4096, eps: 1e-5, bos: 1, eos: 32000, pad: 32000, longrope: true },
    });
    const window = fields.get('sliding_window');
    return {
      modelType: 'phi3',
      ...body,
      ...parseHead(fields, classes.lm),
      slidingWindow: window === undefined ? null : fields.int('sliding_window'),
      attentionBias: false,
      attentionOutputBias: false,
      mlpBias: false,
    };
  },
  blueprint: (config) => gatedBlueprint(config, { fused: true }),
  gguf: {
    architecture: 'phi3',
    read({ number }, common) {
      const window = number('attention.sliding_window') ?? 0;
      return { ...common, sliding_window: window > 0 ? window : null };
    },
    write: ({ slidingWindow, maxPositionEmbeddings, rope }) => [
      ['attention.sliding_window', ggufValue.uint32(slidingWindow ?? 0)],
      ['rope.scaling.original_context_length', ggufValue.uint32(maxPositionEmbeddings)],
      ...(rope.type === 'factors'
        ? [['rope.scaling.attn_factor', ggufValue.float32(rope.attentionFactor ?? 1)] as const]
        : []),
    ],
  },
};
