import { randomUniforms } from '@attune/kernels';
import { folderFromPath, type ModelConfig, openTokenizer, type WeightSource } from '@attune/model';
import { Tokenizer } from '@attune/tokenizer';
import { adapterConfigFile } from '../adapter-names.ts';
import { type TunedParts, type TuningKind, tokenizerOf } from '../kind.ts';
import { badSetting, settingsOf } from '../settings.ts';
import { tableTensor } from '../tied.ts';
import { virtualKindFiles } from '../virtual/virtual.files.ts';
import { type VirtualMethod, virtualMethod } from '../virtual/virtual.ts';
import {
  type PromptTuningSettings,
  promptTuningConfig,
  promptTuningOther,
} from './prompt-tuning.config.ts';

/** Prompt Tuning: PEFT's keys, and its two files. */
export const promptTuningKind: TuningKind<typeof promptTuningConfig> = {
  peftType: 'PROMPT_TUNING',
  title: 'Prompt Tuning',
  config: promptTuningConfig,
  other: promptTuningOther,
  create(settings, model, { seed, modelName, tokenizer }) {
    const { promptTuningInitText: text, tokenizerNameOrPath: path } = settings;
    const other =
      path !== null && path !== modelName && path !== model.files?.name ? path : undefined;
    const textIds = async () => (await tokenizerFor(model, other, tokenizer)).encode(text!);
    return promptTuning(model.config, settings, { seed, textIds });
  },
  files: virtualKindFiles('PROMPT_TUNING', (model, json) => {
    const settings = settingsOf(promptTuningKind, json, { where: adapterConfigFile, file: true });
    // What the start was is of no matter once there are weights.
    return promptTuning(model, settings, { seed: 42 });
  }),
};

/** The tokenizer of the text to start from: the model's own, or that of another folder. */
async function tokenizerFor(
  model: TunedParts,
  path: string | undefined,
  given: Tokenizer | undefined,
): Promise<Tokenizer> {
  if (path !== undefined) {
    return Tokenizer.from(await openTokenizer(await folderFromPath(path)));
  }
  const own = given ?? tokenizerOf(model);
  if (own) return own;
  throw badSetting('PROMPT_TUNING', {
    name: 'prompt_tuning_init',
    value: 'TEXT',
    wanted: 'possible for a model without a tokenizer',
    help: promptTuningConfig.tokenizerNameOrPath.help,
  });
}

/**
 * Prompt Tuning: before every text stand virtual tokens, whose embeddings [tokens, hidden] train. They take the
 * first positions.
 * @throws AttuneError `bad-value`, `missing-key`
 * @see Lester et al. 2021, https://arxiv.org/abs/2104.08691
 */
function promptTuning(
  model: ModelConfig,
  {
    numVirtualTokens,
    promptTuningInit: init,
    promptTuningInitText: text,
    tokenizerNameOrPath,
  }: PromptTuningSettings,
  { seed, textIds }: { seed: number; textIds?: () => Promise<readonly number[]> },
): VirtualMethod {
  const count = numVirtualTokens!;
  const badText = (value: unknown, wanted: string) =>
    badSetting('PROMPT_TUNING', {
      name: 'prompt_tuning_init_text',
      value,
      wanted,
      help: promptTuningConfig.promptTuningInitText.help,
    });
  if (init === 'TEXT' && !text) throw badText(text, 'a text, since prompt_tuning_init is TEXT');
  const width = model.hiddenSize;
  const rows = async () => {
    if (init === 'SAMPLE_VOCAB') {
      const drawn = randomUniforms(count, seed, 1);
      return Array.from(drawn, (value) => Math.floor(value * model.vocabSize));
    }
    const ids = await textIds!();
    if (ids.length === 0) throw badText(text, 'a text of at least one token');
    const odd = ids.find((id) => id >= model.vocabSize);
    if (odd !== undefined) {
      throw badText(
        text,
        `a text in the tokens of this model: id ${odd} is beyond ${model.vocabSize}`,
      );
    }
    return Array.from({ length: count }, (_, i) => ids[i % ids.length]!);
  };
  return virtualMethod({
    kind: 'PROMPT_TUNING',
    encoder: { count, width, parts: [] },
    place: 'embeddings',
    seed,
    ...(init !== 'RANDOM' &&
      textIds && {
        async start(weights: WeightSource) {
          const table = await weights.float32(tableTensor(model));
          const start = new Float32Array(count * width);
          for (const [i, id] of (await rows()).entries()) {
            start.set(table.subarray(id * width, (id + 1) * width), i * width);
          }
          return start;
        },
      }),
    json: (baseModel) => ({
      num_attention_heads: model.numAttentionHeads,
      num_layers: model.numHiddenLayers,
      prompt_tuning_init: init,
      prompt_tuning_init_text: text,
      token_dim: width,
      tokenizer_kwargs: null,
      // PEFT opens no adapter that begins with a text and names no tokenizer.
      tokenizer_name_or_path: tokenizerNameOrPath ?? (init === 'TEXT' ? baseModel : null),
    }),
  });
}
