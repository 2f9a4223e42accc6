import { type ArgsOf, choice, flag, group, type SettingsOf } from '@attune/config';
import { encoderHiddenSize, numVirtualTokens } from '../virtual/virtual.config.ts';

/** The keys of PEFT's PrefixTuningConfig that act here, with PEFT's defaults. */
export const prefixTuningConfig = group('Prefix Tuning', {
  numVirtualTokens,
  prefixProjection: flag(
    false,
    'Prefix Tuning: a small network over an embedding makes keys and values, which steadies training.',
    { memory: true },
  ),
  encoderHiddenSize,
  initWeights: choice(
    null,
    ['zero'],
    'Prefix Tuning: zero starts from keys and values of zero. Default: normal numbers.',
  ),
});

/** PEFT's PrefixTuningConfig in camelCase. */
export type PrefixTuningConfig = ArgsOf<typeof prefixTuningConfig>;
export type PrefixTuningSettings = SettingsOf<typeof prefixTuningConfig>;
