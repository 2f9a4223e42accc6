import type { UnpairedBatch } from '@attune/data';
import { ktoLosses, ktoMetricNames } from '@attune/kernels';
import type { Network } from '@attune/model';
import {
  type Loss,
  type LossMetrics,
  meanOver,
  predictedLogps,
  type RowSizes,
  rowInputs,
  rowSizes,
} from '@attune/trainer';
import { completionSums } from '../completions.ts';
import type { KTOSettings } from './kto.config.ts';

/** The sizes of the completions, and of those that were exchanged for the KL term. */
export interface KTOSizes {
  readonly own: RowSizes;
  readonly kl?: RowSizes;
}

/**
 * λ (1 - σ(±β (ln π(y | x) / π_ref(y | x) - z))) of B completions, + for desirable ones, - for undesirable ones; z is
 * an estimate of the KL divergence of π from π_ref by completions of other prompts, without a gradient: that is what
 * `frozen`, the policy without gradients, is for.
 * @see Ethayarajh et al. 2024, https://arxiv.org/abs/2402.01306, equations 7 and 8
 */
export const ktoLoss = (
  args: KTOSettings,
  frozen: Network,
  reference: Network,
): Loss<UnpairedBatch, KTOSizes> => ({
  sizes: (batch) => ({
    own: rowSizes(batch),
    ...(args.lossType === 'kto' && { kl: rowSizes(batch.kl) }),
  }),

  record(graph, sizes, policy, training) {
    const completions = rowInputs(graph, policy, sizes.own, ({ batch }) => batch);
    const sum = completionSums(graph, completions).weightedBy(() => 1);
    const refLogps = args.precomputeRefLogProbs
      ? graph.input('refLogps', [sizes.own.rows], ({ batch }) => batch.refLogps!)
      : sum(predictedLogps(graph, reference, completions).logps);
    const kl = sizes.kl && klInputs(sizes.kl);
    const tokens = predictedLogps(graph, policy, completions, {
      checkpoint: training && args.gradientCheckpointing,
      meanLogits: true,
    });
    const logps = sum(tokens.logps);
    const labels = graph.input('labels', [sizes.own.rows], ({ batch }) => batch.desirable);
    const scale = graph.input('scale', [1], ({ batch, share }) =>
      Float32Array.of(1 / (batch.rows * share.microBatches)),
    );
    const inputs = { logps, refLogps, labels, scale };
    const { loss, metrics } = kl
      ? graph.apply(ktoLosses.kto, { ...inputs, ...kl }, args)
      : graph.apply(ktoLosses.apo_zero_unpaired, inputs, args);
    graph.output('metrics', metrics);
    graph.output('entropy', tokens.entropy);
    graph.output('meanLogits', tokens.meanLogits!);
    return loss;

    /** ln π and ln π_ref of each prompt's exchanged completion. */
    function klInputs(exchangedSizes: RowSizes) {
      const prefix = 'kl ';
      const exchanged = rowInputs(graph, policy, exchangedSizes, ({ batch }) => batch.kl, {
        prefix,
      });
      const klSum = completionSums(graph, exchanged).weightedBy(() => 1);
      return {
        klLogps: klSum(predictedLogps(graph, frozen, exchanged).logps),
        refKlLogps: args.precomputeRefLogProbs
          ? graph.input('refKlLogps', [exchangedSizes.rows], ({ batch }) => batch.refKlLogps!)
          : klSum(predictedLogps(graph, reference, exchanged).logps),
      };
    }
  },

  metrics({ loss, metrics, entropy, meanLogits }, { batch: { lengths, desirable } }) {
    const sums = Object.fromEntries(
      ktoMetricNames.map((name, i) => [name, metrics![i]!]),
    ) as Record<(typeof ktoMetricNames)[number], number>;
    const found: LossMetrics = {
      loss: loss![0]!,
      kl: sums.kl,
      entropy: meanOver(entropy!, lengths) ?? 0,
    };
    // A kind that the batch has none of has no metrics.
    for (const [kind, label] of [
      ['chosen', 1],
      ['rejected', 0],
    ] as const) {
      const count = sums[`count/${kind}`];
      if (count === 0) continue;
      found[`rewards/${kind}`] = sums[`rewards/${kind}`] / count;
      found[`logps/${kind}`] = sums[`logps/${kind}`] / count;
      found[`logits/${kind}`] = meanOfRows(meanLogits!, lengths, (row) => desirable[row] === label);
    }
    const { 'rewards/chosen': chosen, 'rewards/rejected': rejected } = found;
    if (chosen !== undefined && rejected !== undefined) {
      found['rewards/margins'] = chosen - rejected;
    }
    return found;
  },
});

/** The mean over the tokens of the completions of some rows. */
function meanOfRows(
  values: ArrayLike<number>,
  lengths: ArrayLike<number>,
  has: (row: number) => boolean,
): number {
  let [sum, count] = [0, 0];
  for (let row = 0; row < lengths.length; row++) {
    if (!has(row)) continue;
    sum += (meanOver(values, lengths, row, row + 1) ?? 0) * lengths[row]!;
    count += lengths[row]!;
  }
  return sum / count;
}
