import { type ArgsOf, flag, group, type OtherKeys, type SettingsOf } from '@attune/config';
import { notDone } from '../settings.ts';

/** The key of BitFit, which has no configuration in PEFT. */
export const bitFitConfig = group('BitFit', {
  addBiases: flag(
    false,
    'BitFit: gives linear layers without a bias one of zero to train, in families whose config has a word for it (Llama).',
    { memory: true },
  ),
});

export type BitFitConfig = ArgsOf<typeof bitFitConfig>;
export type BitFitSettings = SettingsOf<typeof bitFitConfig>;

export const bitFitOther: OtherKeys = {
  withoutEffect: {},
  notDone: {
    task_type: notDone(
      'CAUSAL_LM',
      'BitFit trains language models here',
      'Leave task_type out, or tune a reward model by LORA.',
    ),
  },
};
