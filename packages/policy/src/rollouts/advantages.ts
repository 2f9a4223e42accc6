/** What the rewards of one generation batch come to. */
export interface Advantages {
  /** One a completion; 0 where no function gave a reward. */
  readonly advantages: Float64Array;
  /** Share of groups (or completions) whose rewards are all the same: they teach nothing. */
  readonly zeroStd: number;
}

/** Rewards as [completions][functions]; null: no opinion. */
export type RewardTable = readonly (readonly (number | null)[])[];

/** Keeps quotients by a standard deviation of 0 finite: TRL's constant. */
const epsilon = 1e-4;

const isNumber = (x: number) => !Number.isNaN(x);

/** The mean over those that are numbers. */
export function nanMean(values: readonly number[]): number {
  const known = values.filter(isNumber);
  return known.reduce((a, b) => a + b, 0) / known.length;
}

/** The unbiased standard deviation over those that are numbers; NaN for fewer than two. */
export function nanStd(values: readonly number[]): number {
  const known = values.filter(isNumber);
  const mean = nanMean(known);
  const squares = known.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : Number.NaN;
}

/** Each completion's weighted sum of rewards, a 32-bit number; NaN where no function has an opinion. */
export function weightedRewards(table: RewardTable, weights: readonly number[]): number[] {
  return table.map((rewards) => {
    if (rewards.every((reward) => reward === null)) return Number.NaN;
    const sum = rewards.reduce<number>(
      (sum, r, k) => (r === null ? sum : sum + r * weights[k]!),
      0,
    );
    return Math.fround(sum);
  });
}

/** Means of rewards are 32-bit numbers as rewards are: one that equals them has the advantage 0, of no sign. */
const groupMean = (group: readonly number[]) => Math.fround(nanMean(group));

const groupsOf = <T>(values: readonly T[], size: number): T[][] =>
  Array.from({ length: values.length / size }, (_, g) => values.slice(g * size, (g + 1) * size));

const orZero = (values: readonly number[]) =>
  Float64Array.from(values, (x) => (Number.isFinite(x) ? x : 0));

const share = (flags: readonly boolean[]) => flags.filter(Boolean).length / flags.length;
const isZero = (std: number) => Math.abs(std) <= 1e-8;

export interface GroupRelativeOptions {
  readonly numGenerations: number;
  readonly rewardWeights: readonly number[];
  /** What a group's distances from its mean are divided by. Default `group`. */
  readonly scaleRewards?: 'group' | 'batch' | 'none';
  /** `normalize_then_sum`: each function is normalised in its group before they are summed. */
  readonly multiObjectiveAggregation?: 'sum_then_normalize' | 'normalize_then_sum';
}

/**
 * GRPO's advantages: how much better than its group, the completions of the same prompt, a completion is, in standard deviations.
 * Completions without any reward leave their group.
 * @see Shao et al. 2024, https://arxiv.org/abs/2402.03300; without division: Liu et al. 2025 (Dr. GRPO),
 * https://arxiv.org/abs/2503.20783; normalised one by one: Liu et al. 2026 (GDPO), https://arxiv.org/abs/2601.05242
 */
export function groupRelativeAdvantages(
  table: RewardTable,
  { numGenerations: size, rewardWeights: weights, ...options }: GroupRelativeOptions,
): Advantages {
  const { scaleRewards = 'group', multiObjectiveAggregation = 'sum_then_normalize' } = options;
  if (multiObjectiveAggregation === 'normalize_then_sum') {
    return normalizedThenSummed(table, size, weights);
  }
  const totals = weightedRewards(table, weights);
  const groups = groupsOf(totals, size);
  const batchStd = nanStd(totals);
  const stds = groups.map((group) => (scaleRewards === 'batch' ? batchStd : nanStd(group)));
  const advantages = groups.flatMap((group, g) => {
    const mean = groupMean(group);
    const scale = scaleRewards === 'none' ? 1 : stds[g]! + epsilon;
    return group.map((reward) => (reward - mean) / scale);
  });
  return { advantages: orZero(advantages), zeroStd: share(stds.map(isZero)) };
}

function normalizedThenSummed(
  table: RewardTable,
  size: number,
  weights: readonly number[],
): Advantages {
  const columns = weights.map((_, k) =>
    groupsOf(
      table.map((rewards) => rewards[k] ?? Number.NaN),
      size,
    ).flatMap((group) => {
      const [mean, std] = [groupMean(group), nanStd(group)];
      return group.map((reward) => (reward - mean) / (std + epsilon));
    }),
  );
  const totals = table.map((rewards, i) =>
    rewards.every((reward) => reward === null)
      ? Number.NaN
      : columns.reduce((sum, column, k) => {
          const part = column[i]! * weights[k]!;
          return Number.isNaN(part) ? sum : sum + part;
        }, 0),
  );
  const [mean, std] = [nanMean(totals), nanStd(totals)];
  const advantages = totals.map((total) => (total - mean) / (std + epsilon));
  return { advantages: orZero(advantages), zeroStd: isZero(std) ? 1 : 0 };
}

export interface LeaveOneOutOptions {
  readonly numGenerations: number;
  readonly rewardWeights: readonly number[];
  /** Rewards are clipped to this range first. */
  readonly rewardClipRange?: readonly [number, number] | null;
  /** What each completion's divergence from the reference costs, beta times the sum of its log-ratios. */
  readonly penalties?: ArrayLike<number>;
  /** Mean 0 and standard deviation 1 over the generation batch. Default false. */
  readonly normalizeAdvantages?: boolean;
}

/**
 * RLOO's advantages: a completion's reward, less its KL penalty, against the mean of the *other*
 * completions to the same prompt.
 * @see Ahmadian et al. 2024, https://arxiv.org/abs/2402.14740
 */
export function leaveOneOutAdvantages(
  table: RewardTable,
  { numGenerations: size, rewardWeights, rewardClipRange: range, ...options }: LeaveOneOutOptions,
): Advantages {
  const { penalties, normalizeAdvantages = false } = options;
  const rewards = weightedRewards(table, rewardWeights).map((reward, i) => {
    // NaN stays NaN.
    const clipped = range ? Math.min(Math.max(reward, range[0]), range[1]) : reward;
    return Math.fround(clipped - (penalties?.[i] ?? 0));
  });
  const groups = groupsOf(rewards, size);
  let advantages = groups.flatMap((group) => {
    const known = group.filter(isNumber);
    const sum = known.reduce((a, b) => a + b, 0);
    // The only one with a reward has no other to be compared with: 0 / 0.
    return group.map((reward) => reward - Math.fround((sum - reward) / (known.length - 1)));
  });
  if (normalizeAdvantages) {
    const [mean, std] = [nanMean(advantages), nanStd(advantages)];
    advantages = advantages.map((advantage) => (advantage - mean) / (std + epsilon));
  }
  return {
    advantages: orZero(advantages),
    zeroStd: share(groups.map((group) => isZero(nanStd(group)))),
  };
}
