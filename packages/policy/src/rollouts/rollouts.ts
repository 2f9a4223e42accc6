import type { RewardTable } from './advantages.ts';

/** A prompt and one completion of it. */
export interface Completion {
  /** Token ids, at least one. */
  readonly prompt: Int32Array;
  /** Token ids, at least one; the end token is the last where it ended the completion. */
  readonly completion: Int32Array;
}

/** What a policy samples in one go: groups of `numGenerations` completions of the same prompt, one after the other. */
export interface Sampled {
  /** From 0, over the whole run. */
  readonly generation: number;
  readonly completions: readonly Completion[];
  /** In which order micro-batches take them, as row numbers; left to the trainer by default. */
  readonly order?: readonly number[];
}

/** What the reward functions give: a number a completion and function, null for no opinion. */
export interface Rewards {
  readonly table: RewardTable;
  /** Further numbers for the log, of reward functions that report some. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Where rollouts come from: a policy that samples, or a recording. */
export interface RolloutSource {
  /** Names of the reward functions, for the log. */
  readonly rewardNames: readonly string[];
  /** Generation batches in one pass over the prompts. */
  readonly generationsPerEpoch: number;
  /** Tokens of the longest prompt, and of the longest completion that may come. */
  readonly longest: { readonly prompt: number; readonly completion: number };
  /** What sampling holds on the device beside the model: its caches. */
  readonly bytes?: number;
  /** y ~ π(· | x): the completions of that generation batch. Sampling uses the policy as it is now. */
  completions(generation: number): Promise<Sampled>;
  /** r = R(x, y) of every completion. */
  rewards(sampled: Sampled): Promise<Rewards>;
  destroy?(): void;
}
