export { checkTokens } from './errors.ts';
export { PairRewards, type PairRewardsOptions } from './pair-rewards.ts';
export {
  type RewardArguments,
  RewardTrainer,
  type RewardTrainerOptions,
} from './reward-trainer.ts';
export { Scorer, type ScorerOptions } from './scorer.ts';
