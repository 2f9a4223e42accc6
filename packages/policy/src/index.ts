export {
  type Advantages,
  type GroupRelativeOptions,
  groupRelativeAdvantages,
  type LeaveOneOutOptions,
  leaveOneOutAdvantages,
  type RewardTable,
} from './advantages.ts';
export type { EntropyArguments } from './entropy-control.ts';
export { type GRPOArguments, type GrpoLossName, grpoLosses } from './grpo-arguments.ts';
export { GRPOTrainer } from './grpo-trainer.ts';
export { type PolicyArguments, stepsPerGeneration } from './policy-arguments.ts';
export type { PolicyTrainerOptions, SamplingPolicy } from './policy-trainer.ts';
export { type RecordedRow, type ReplayOptions, recordedSteps, replay } from './replay.ts';
export {
  builtInRewards,
  type NamedReward,
  type RewardBatch,
  type RewardFunction,
  repetitionPenalty,
  softOverlongPunishment,
  thinkFormatReward,
} from './rewards.ts';
export { type RLOOArguments, RLOOTrainer } from './rloo-trainer.ts';
export type { Rollout, RolloutRound, RolloutSource } from './rollouts.ts';
export { type PromptRow, Sampler, type SamplerOptions } from './sampler.ts';
