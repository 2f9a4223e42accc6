import { choice, group, number, type SettingsOf, withDefaults } from '@attune/config';
import { AttuneError } from '@attune/gpu';
import { checkReference, referenceConfig } from '@attune/trainer';
import { klCoefficient, preferenceConfig } from '../preference.config.ts';

/** The arguments of KTOTrainer; names and defaults are those of TRL's KTOConfig. */
export const ktoConfig = {
  ...withDefaults(preferenceConfig, { trainSamplingStrategy: 'sequential' }),
  ...group('Preference', {
    lossType: choice(
      'kto',
      ['kto', 'apo_zero_unpaired'],
      'Loss: kto measures each completion against an estimate of the KL divergence; apo_zero_unpaired (APO-zero) has no KL term.',
      { memory: true },
    ),
    beta: klCoefficient,
    desirableWeight: number(1, 'Weight of the loss of desirable completions.', { min: 0 }),
    undesirableWeight: number(1, 'Weight of the loss of undesirable completions.', { min: 0 }),
  }),
  ...referenceConfig,
};

export type KTOSettings = SettingsOf<typeof ktoConfig>;

/** @throws AttuneError `bad-value`, `kto-batch-too-small` where the KL term could not be estimated */
export function checkKto(args: KTOSettings): void {
  const { lossType, trainSamplingStrategy, perDeviceTrainBatchSize } = args;
  checkReference(args);
  if (lossType !== 'kto') return;
  if (trainSamplingStrategy !== 'sequential') {
    throw new AttuneError(
      'bad-value',
      `KTO takes its KL term from completions that were exchanged between neighbouring rows; train_sampling_strategy is ${trainSamplingStrategy}.`,
      'Set train_sampling_strategy to sequential; shuffle the file instead.',
    );
  }
  if (perDeviceTrainBatchSize > 1) return;
  throw new AttuneError(
    'kto-batch-too-small',
    'In a batch of one row the KL term would be taken from the completion itself; per_device_train_batch_size is 1.',
    'Set per_device_train_batch_size to 2 or more, or loss_type to apo_zero_unpaired.',
  );
}
