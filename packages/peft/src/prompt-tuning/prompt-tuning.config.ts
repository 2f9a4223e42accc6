import { type ArgsOf, choice, group, joinOtherKeys, type SettingsOf, text } from '@attune/config';
import { notDone } from '../settings.ts';
import { numVirtualTokens, promptLearningOther } from '../virtual/virtual.config.ts';

/** The keys of PEFT's PromptTuningConfig that act here, with PEFT's defaults. */
export const promptTuningConfig = group('Prompt Tuning', {
  numVirtualTokens,
  promptTuningInit: choice(
    'RANDOM',
    ['RANDOM', 'SAMPLE_VOCAB', 'TEXT'],
    'Prompt Tuning starts from normal numbers, from tokens drawn from the vocabulary, or from those of prompt_tuning_init_text.',
  ),
  promptTuningInitText: text(null, 'Prompt Tuning: the text to start from, for TEXT.'),
  tokenizerNameOrPath: text(
    null,
    "Prompt Tuning: a folder whose tokenizer reads the text. Default: the model's own.",
  ),
});

/** PEFT's PromptTuningConfig in camelCase. */
export type PromptTuningConfig = ArgsOf<typeof promptTuningConfig>;
export type PromptTuningSettings = SettingsOf<typeof promptTuningConfig>;

export const promptTuningOther = joinOtherKeys(promptLearningOther, {
  withoutEffect: {},
  notDone: {
    tokenizer_kwargs: notDone(
      null,
      'the tokenizer of the text takes no options here',
      'Leave tokenizer_kwargs out.',
    ),
  },
});
