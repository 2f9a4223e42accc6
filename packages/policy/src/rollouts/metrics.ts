import { nanMean, nanStd, type RewardTable, weightedRewards } from './advantages.ts';
import type { Completion } from './rollouts.ts';

/** TRL's names for the lengths of completions; terminated ones are those that an end token ended. */
export function lengthMetrics(
  completions: readonly Completion[],
  truncated: readonly boolean[],
): Record<string, number> {
  const lengths = completions.map(({ completion }) => completion.length);
  const ended = lengths.filter((_, i) => !truncated[i]);
  const terminated = ended.length > 0 ? ended : [0];
  return {
    'completions/mean_length': nanMean(lengths),
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    'completions/clipped_ratio': truncated.filter(Boolean).length / truncated.length,
    'completions/mean_terminated_length': nanMean(terminated),
    'completions/min_terminated_length': Math.min(...terminated),
    'completions/max_terminated_length': Math.max(...terminated),
  };
}

/** TRL's names for rewards: of each function, and of their weighted sum. What is not a number is left out. */
export function rewardMetrics(
  names: readonly string[],
  table: RewardTable,
  weights: readonly number[],
  zeroStd: number,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [k, name] of names.entries()) {
    const column = table.map((rewards) => rewards[k] ?? Number.NaN);
    metrics[`rewards/${name}/mean`] = nanMean(column);
    metrics[`rewards/${name}/std`] = nanStd(column);
  }
  const totals = weightedRewards(table, weights);
  metrics.reward = nanMean(totals);
  metrics.reward_std = nanStd(totals);
  metrics.frac_reward_zero_std = zeroStd;
  return withoutNaN(metrics);
}

/** A metric that is not a number is absent from the log. */
export function withoutNaN(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => !Number.isNaN(value)));
}

/** Whether each completion was cut off: its last token ends nothing. */
export function truncated(
  completions: readonly Completion[],
  endTokenIds: readonly number[],
): boolean[] {
  return completions.map(({ completion }) => !endTokenIds.includes(completion.at(-1)!));
}
