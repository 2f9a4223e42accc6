/** One sampled completion, and what each reward function said of it. */
export interface Rollout {
  /** Token ids, at least one. */
  readonly prompt: Int32Array;
  /** Token ids, at least one; the end token is the last where it ended the completion. */
  readonly completion: Int32Array;
  /** One a reward function; null: it has no opinion. */
  readonly rewards: readonly (number | null)[];
}

/** What a policy sampled in one go: groups of `numGenerations` completions to the same prompt, one after the other. */
export interface RolloutRound {
  readonly rollouts: readonly Rollout[];
  /** In which order micro-batches take them, as row numbers; left to the trainer by default. */
  readonly order?: readonly number[];
  /** Further numbers for the log, of reward functions that report some. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** Where rollouts come from: a policy that samples, or a recording. */
export interface RolloutSource {
  /** Names of the reward functions, for the log. */
  readonly rewardNames: readonly string[];
  /** Rounds in one pass over the prompts. */
  readonly roundsPerEpoch: number;
  /** Tokens of the longest prompt, and of the longest completion that may come. */
  readonly longest: { readonly prompt: number; readonly completion: number };
  /** What sampling holds on the device beside the model: its caches. */
  readonly bytes?: number;
  /** The round of that number, counted from 0 over the whole run. Sampling uses the policy as it is now. */
  round(index: number): Promise<RolloutRound>;
  destroy?(): void;
}
