import { flag, group, numbers, type SettingsOf, withDefaults } from '@attune/config';
import { AttuneError } from '@attune/gpu';
import { checkPolicy, policyConfig } from '../policy.config.ts';

/** The arguments of RLOOTrainer; names and defaults are those of TRL's RLOOConfig. */
export const rlooConfig = {
  ...withDefaults(policyConfig, { beta: 0.05, numGenerations: 2 }),
  ...group('RLOO', {
    normalizeAdvantages: flag(
      false,
      'Normalises advantages to mean 0 and standard deviation 1 over the generation batch.',
    ),
    rewardClipRange: numbers(
      null,
      'Range [min, max] that rewards are clipped to, before the KL penalty is taken off.',
    ),
  }),
};

export type RLOOSettings = SettingsOf<typeof rlooConfig>;

/** @throws AttuneError `bad-value`, `group-size` */
export function checkRloo(args: RLOOSettings): void {
  checkPolicy(args);
  const { rewardClipRange: range } = args;
  if (range === null || (range.length === 2 && range[0]! <= range[1]!)) return;
  throw new AttuneError(
    'bad-value',
    `reward_clip_range is [${range.join(', ')}].`,
    'Give [min, max]: two numbers, the lower bound first.',
  );
}
