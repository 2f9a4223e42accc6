import { flag, group, integer, number, type SettingsOf, withDefaults } from '@attune/config';
import { trainingConfig } from '@attune/trainer';

/** The arguments of RewardTrainer; names and defaults are those of TRL's RewardConfig. */
export const rewardConfig = {
  ...group('Data', {
    maxLength: integer(
      1024 as number | null,
      'Tokens beyond which a pair is left out, if either completion with its prompt has more (null: none is).',
      { nullable: true, min: 1, memory: true },
    ),
  }),
  ...withDefaults(trainingConfig, { learningRate: 1e-4 }),
  ...group('Training', {
    centerRewardsCoefficient: number(
      null,
      'Weight of (chosen + rejected)², which keeps rewards near 0; 0.01 is usual.',
      { min: 0 },
    ),
    disableDropout: flag(true, 'Turns dropout off, that of LoRA too.'),
  }),
};

export type RewardSettings = SettingsOf<typeof rewardConfig>;
