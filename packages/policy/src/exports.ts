export * from './policy.config.ts';
export type { PolicyTrainerOptions } from './policy-trainer.ts';
export {
  type Advantages,
  type GroupRelativeOptions,
  groupRelativeAdvantages,
  type LeaveOneOutOptions,
  leaveOneOutAdvantages,
  type RewardTable,
} from './rollouts/advantages.ts';
export type { RewardModel, RewardSource } from './rollouts/find-rewards.ts';
export { type RecordedRow, type ReplayOptions, recordedSteps, replay } from './rollouts/replay.ts';
export {
  builtInRewards,
  type NamedReward,
  type RewardBatch,
  type RewardFunction,
  repetitionPenalty,
  softOverlongPunishment,
  thinkFormatReward,
} from './rollouts/rewards.ts';
export type { Completion, Rewards, RolloutSource, Sampled } from './rollouts/rollouts.ts';
export {
  type PromptRow,
  Sampler,
  type SamplerOptions,
  type SamplingPolicy,
} from './rollouts/sampler.ts';
