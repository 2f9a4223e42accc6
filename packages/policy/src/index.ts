export * from './grpo/grpo.config.ts';
export * from './grpo/grpo.loss.ts';
export * from './grpo/grpo.ts';
export * from './policy.config.ts';
export type { PolicyTrainerOptions } from './policy-trainer.ts';
export * from './rloo/rloo.config.ts';
export * from './rloo/rloo.loss.ts';
export * from './rloo/rloo.ts';
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
