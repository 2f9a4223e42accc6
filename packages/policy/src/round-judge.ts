import type { Network } from '@attune/model';
import type { Executor } from '@attune/plan';
import type { Advantages, RewardTable } from './advantages.ts';
import { CompletionJudge } from './completions.ts';
import type { RolloutRound } from './rollouts.ts';
import { countTokens, type Round, type RoundRow, truncated } from './round.ts';
import { lengthMetrics, rewardMetrics } from './round-metrics.ts';

/** What one algorithm makes of a round's rewards. */
export interface PolicyAlgorithm {
  /** Whether ratios are taken to the policy that sampled; else each step's own probabilities stand for it. */
  readonly needsOld: boolean;
  advantages(
    table: RewardTable,
    rows: readonly Omit<RoundRow, 'advantage'>[],
    weights: readonly number[],
    numGenerations: number,
  ): Advantages & { readonly metrics?: Readonly<Record<string, number>> };
}

export interface RoundJudgeOptions {
  readonly executor: Executor;
  readonly algorithm: PolicyAlgorithm;
  readonly policy: Network;
  readonly reference?: Network | undefined;
  readonly temperature: number;
  /** Rows that go through the networks together. */
  readonly batchSize: number;
  /** Tokens that end a completion; one whose last token is none of them was cut off. */
  readonly endTokenIds: readonly number[];
  readonly maskTruncated: boolean;
  readonly rewardNames: readonly string[];
  readonly rewardWeights: readonly number[];
}

/** Judges rounds: log-probabilities of the policy that sampled and of the reference, advantages, figures. */
export class RoundJudge {
  readonly #options: RoundJudgeOptions;
  readonly #completions: CompletionJudge;

  constructor(options: RoundJudgeOptions) {
    const { executor, algorithm, policy, reference, temperature } = options;
    this.#options = options;
    const networks = {
      ...(algorithm.needsOld && { old: policy }),
      ...(reference && { ref: reference }),
    };
    this.#completions = new CompletionJudge(executor, networks, temperature);
  }

  async judge(
    { rollouts, metrics, order = [...rollouts.keys()] }: RolloutRound,
    numGenerations: number,
  ): Promise<Omit<Round, 'index' | 'order'>> {
    const { algorithm, batchSize, endTokenIds, maskTruncated } = this.#options;
    const { rewardNames, rewardWeights } = this.#options;
    const cut = truncated(rollouts, endTokenIds);
    // In the micro-batches that they are trained in: the same sums in the same order, so fresh ratios are 1.
    const inOrder = order.map((row) => rollouts[row]!);
    const judgedLogps = await this.#completions.logps(inOrder, batchSize);
    const place = new Map(order.map((row, at) => [row, at]));
    const inPlace = (name: string) => {
      const parts = judgedLogps[name];
      return parts && rollouts.map((_, row) => parts[place.get(row)!]!);
    };
    const [old, ref] = [inPlace('old'), inPlace('ref')];
    const rows = rollouts.map(({ prompt, completion }, i) => ({
      prompt,
      completion,
      trained: !(maskTruncated && cut[i]),
      ...(old && { oldLogps: old[i]! }),
      ...(ref && { refLogps: ref[i]! }),
    }));
    const table = rollouts.map(({ rewards }) => rewards);
    const found = algorithm.advantages(table, rows, rewardWeights, numGenerations);
    const judged = rows.map((row, i) => ({ ...row, advantage: found.advantages[i]! }));
    return {
      rows: judged,
      ...countTokens(judged),
      metrics: {
        ...lengthMetrics(rollouts, cut),
        ...found.metrics,
        ...rewardMetrics(rewardNames, table, rewardWeights, found.zeroStd),
        ...metrics,
      },
    };
  }

  destroy(): void {
    this.#completions.destroy();
  }
}
