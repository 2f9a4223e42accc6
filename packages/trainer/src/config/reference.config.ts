import { flag, group, integer, number, type SettingsOf } from '@attune/config';
import { AttuneError } from '@attune/gpu';

/** A reference model that follows the policy (TR-DPO); names and defaults are TRL's. */
export const followingConfig = group('Reference model', {
  syncRefModel: flag(false, 'The reference model follows the policy while it trains (TR-DPO).'),
  refModelMixupAlpha: number(
    0.6,
    'Share of the policy that is mixed into the reference model at each sync_ref_model update.',
    { min: 0, max: 1 },
  ),
  refModelSyncSteps: integer(512, 'Steps between two sync_ref_model updates of the reference.', {
    min: 1,
  }),
});

/** The keys of the reference model of preference trainers; names and defaults are TRL's. */
export const referenceConfig = {
  ...group('Reference model', {
    precomputeRefLogProbs: flag(
      false,
      'Computes the log-probabilities of the reference model once, before training, and keeps them for later runs.',
      { memory: true },
    ),
    precomputeRefBatchSize: integer(
      null,
      'Rows of a batch while reference log-probabilities are computed (null: per_device_train_batch_size).',
      { min: 1 },
    ),
  }),
  ...followingConfig,
};

export type ReferenceSettings = Partial<SettingsOf<typeof referenceConfig>>;

/** @throws AttuneError `bad-value` where what is computed once would have to change */
export function checkReference({ precomputeRefLogProbs, syncRefModel }: ReferenceSettings): void {
  if (!syncRefModel || !precomputeRefLogProbs) return;
  throw new AttuneError(
    'bad-value',
    'precompute_ref_log_probs needs a reference that stays, and sync_ref_model changes it.',
    'Turn one of the two off.',
  );
}
