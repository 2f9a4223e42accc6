import { randomUniforms } from '@attune/kernels';
import { blueprintOf, type ModelConfig, type WeightSource } from '@attune/model';
import { badPeftConfig, wholeNumber } from '../checks.ts';
import { type VirtualMethod, virtualMethod } from './virtual-method.ts';

/** PEFT's PromptTuningConfig, in camelCase. */
export interface PromptTuningConfig {
  readonly numVirtualTokens: number;
  /** Normal numbers, embeddings of tokens drawn from the vocabulary, or those of a text. Default `RANDOM`. */
  readonly promptTuningInit?: 'RANDOM' | 'SAMPLE_VOCAB' | 'TEXT';
  /** The text, for `TEXT`. */
  readonly promptTuningInitText?: string | null;
  readonly tokenizerNameOrPath?: string | null;
}

export interface PromptTuningStart {
  /** The tokens of the text to start from, for `TEXT`; repeated or cut to the number of virtual tokens. */
  readonly textIds?: readonly number[];
  /** The model's own weights, for `TEXT` and `SAMPLE_VOCAB`. */
  readonly weights?: WeightSource;
  readonly seed?: number;
}

const starts = ['RANDOM', 'SAMPLE_VOCAB', 'TEXT'];

/**
 * Prompt Tuning: before every text stand virtual tokens, whose embeddings [tokens, hidden] train. They take the
 * first positions.
 * @throws AttuneError `bad-peft-config`
 * @see Lester et al. 2021, https://arxiv.org/abs/2104.08691
 */
export function promptTuning(
  model: ModelConfig,
  config: PromptTuningConfig,
  { textIds, weights, seed = 42 }: PromptTuningStart = {},
): VirtualMethod {
  const count = wholeNumber('num_virtual_tokens', config.numVirtualTokens);
  const init = config.promptTuningInit ?? 'RANDOM';
  if (!starts.includes(init)) {
    throw badPeftConfig('prompt_tuning_init', init, `one of ${starts.join(', ')}`);
  }
  const text = config.promptTuningInitText ?? null;
  if (init === 'TEXT' && !text) {
    throw badPeftConfig(
      'prompt_tuning_init_text',
      text,
      'a text, since prompt_tuning_init is TEXT',
    );
  }
  const width = model.hiddenSize;
  const rows = () => {
    if (init === 'TEXT')
      return Array.from({ length: count }, (_, i) => textIds![i % textIds!.length]!);
    const drawn = randomUniforms(count, seed, 1);
    return Array.from(drawn, (value) => Math.floor(value * model.vocabSize));
  };
  const begins = weights && init !== 'RANDOM' && (init !== 'TEXT' || textIds?.length);
  return virtualMethod({
    kind: 'PROMPT_TUNING',
    encoder: { count, width, parts: [] },
    place: 'embeddings',
    seed,
    ...(begins && {
      async start() {
        const table = await weights.float32(`${blueprintOf(model).tokens.path}.weight`);
        const start = new Float32Array(count * width);
        for (const [i, id] of rows().entries()) {
          start.set(table.subarray(id * width, (id + 1) * width), i * width);
        }
        return start;
      },
    }),
    json: {
      num_attention_heads: model.numAttentionHeads,
      num_layers: model.numHiddenLayers,
      prompt_tuning_init: init,
      prompt_tuning_init_text: text,
      token_dim: width,
      tokenizer_kwargs: null,
      tokenizer_name_or_path: config.tokenizerNameOrPath ?? null,
    },
  });
}
