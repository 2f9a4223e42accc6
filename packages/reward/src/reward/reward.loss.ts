import type { PairBatch } from '@attune/data';
import { rewardPair, rewardPairMetricNames } from '@attune/kernels';
import { decoder } from '@attune/model';
import { bucket, type Loss, lastScores, rowInputs } from '@attune/trainer';
import type { RewardSettings } from './reward.config.ts';

/** The sizes that share a plan: (bucketed) tokens of all rows, pairs, and whether pairs have margins. */
export interface RewardSizes {
  readonly tokens: number;
  readonly pairs: number;
  readonly margins: boolean;
}

export interface RewardLossOptions
  extends Pick<RewardSettings, 'centerRewardsCoefficient' | 'gradientCheckpointing'> {
  /** Padding's id: a row is scored at its last token of another id. */
  readonly padTokenId: number;
}

/**
 * The loss of a reward model over P pairs: the mean of -ln σ(r_chosen - r_rejected - margin), and a coefficient times
 * (r_chosen + r_rejected)².
 */
export const rewardLoss = ({
  centerRewardsCoefficient,
  gradientCheckpointing,
  padTokenId,
}: RewardLossOptions): Loss<PairBatch, RewardSizes> => ({
  sizes: ({ tokens, pairs, margins }) => ({
    tokens: bucket(tokens),
    pairs,
    margins: margins !== undefined,
  }),

  count: ({ pairs }) => pairs,

  record(graph, { tokens, pairs, margins }, network, training) {
    const sizes = { tokens, count: 1, rows: 2 * pairs };
    const { batch, rowsOf } = rowInputs(graph, network, sizes, (feed) => feed.batch);
    const checkpoint = training && gradientCheckpointing;
    const hidden = decoder(graph, network, batch, { checkpoint });
    const rewards = lastScores(graph, network, hidden, { rows: 2 * pairs, rowsOf, padTokenId });
    const { loss, metrics } = graph.apply(
      rewardPair,
      {
        rewards,
        // As in TRL every micro-batch weighs the same, a short one too.
        scale: graph.input('scale', [1], ({ share }) =>
          Float32Array.of(1 / (pairs * share.microBatches)),
        ),
        ...(margins && {
          margins: graph.input('margins', [pairs], (feed) => feed.batch.margins!),
        }),
      },
      { centering: centerRewardsCoefficient ?? 0 },
    );
    graph.output('metrics', metrics);
    return loss;
  },

  metrics(outputs, { batch: { pairs } }) {
    const of = (name: (typeof rewardPairMetricNames)[number]) =>
      outputs.metrics![rewardPairMetricNames.indexOf(name)]!;
    return {
      loss: outputs.loss![0]!,
      min_reward: of('least'),
      mean_reward: of('reward') / (2 * pairs),
      max_reward: of('greatest'),
      accuracy: of('correct') / pairs,
      margin: of('margin') / pairs,
    };
  },
});
