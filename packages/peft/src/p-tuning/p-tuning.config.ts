import { type ArgsOf, choice, group, integer, number, type SettingsOf } from '@attune/config';
import { encoderHiddenSize, numVirtualTokens } from '../virtual/virtual.config.ts';

/** The keys of PEFT's PromptEncoderConfig that act here, with PEFT's defaults. */
export const pTuningConfig = group('P-Tuning', {
  numVirtualTokens,
  encoderReparameterizationType: choice(
    'MLP',
    ['MLP', 'LSTM'],
    'P-Tuning: the network that makes virtual tokens, three linear layers or a bidirectional LSTM before two.',
    { memory: true },
  ),
  encoderHiddenSize,
  encoderNumLayers: integer(2, 'P-Tuning: layers of the LSTM.', {
    min: 1,
    max: 64,
    memory: true,
  }),
  encoderDropout: number(
    0,
    'P-Tuning: dropout between the layers of the LSTM, of which only 0 is computed; PEFT ignores it for MLP.',
    { min: 0, max: 1 },
  ),
});

/** PEFT's PromptEncoderConfig in camelCase. */
export type PTuningConfig = ArgsOf<typeof pTuningConfig>;
export type PTuningSettings = SettingsOf<typeof pTuningConfig>;
