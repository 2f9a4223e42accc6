import { countTrained, type RowBatch } from '@attune/data';
import { dft, nll } from '@attune/kernels';
import {
  type Loss,
  meanOver,
  predictedLogps,
  type RowSizes,
  rowInputs,
  rowSizes,
} from '@attune/trainer';
import type { SFTSettings } from './sft.config.ts';

export type SFTLoss = SFTSettings['lossType'];

export interface SFTLossOptions {
  readonly lossType: SFTLoss;
  readonly gradientCheckpointing: boolean;
}

const predicted = ({ lengths }: RowBatch) => lengths.reduce((sum, length) => sum + length, 0);

/**
 * Next-token prediction: the mean of -ln π(token) over the trained tokens of a step; `dft` weighs each by π(token).
 * @see Wu et al. 2025 (DFT), https://arxiv.org/abs/2508.05629
 */
export const sftLoss = ({
  lossType,
  gradientCheckpointing,
}: SFTLossOptions): Loss<RowBatch, RowSizes> => ({
  sizes: rowSizes,

  // As in transformers first tokens that virtual ones predict are not counted in training; held-out losses are means
  // over all that is predicted.
  count: (batch, training) => (training ? countTrained(batch) : predicted(batch)),

  record(graph, sizes, policy, training) {
    const rows = rowInputs(graph, policy, sizes, ({ batch }) => batch);
    const { logps, entropy, correct } = predictedLogps(graph, policy, rows, {
      checkpoint: training && gradientCheckpointing,
    });
    const weights = graph.input('weights', [sizes.count], ({ batch }) =>
      new Float32Array(sizes.count).fill(1, 0, predicted(batch)),
    );
    const scale = graph.input('scale', [1], ({ share: { items } }) =>
      Float32Array.of(items > 0 ? 1 / items : 0),
    );
    graph.output('entropy', entropy);
    graph.output('correct', correct);
    return graph.apply(lossType === 'dft' ? dft : nll, { logps, weights, scale }, {}).loss;
  },

  metrics: ({ loss, entropy, correct }, { batch: { lengths } }) => ({
    loss: loss![0]!,
    entropy: meanOver(entropy!, lengths) ?? 0,
    mean_token_accuracy: meanOver(correct!, lengths) ?? 0,
  }),
});
