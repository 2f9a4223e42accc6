import type { PairBatch } from '@attune/data';
import {
  dpoLosses,
  type PairLossInputs,
  pairLossMetricNames,
  type Tensor,
  weightedLoss,
  wpoWeights,
} from '@attune/kernels';
import type { Network } from '@attune/model';
import type { Graph } from '@attune/plan';
import {
  type Loss,
  meanOver,
  namedMeans,
  predictedLogps,
  type RowSizes,
  rowInputs,
  rowSizes,
} from '@attune/trainer';
import { completionSums } from '../completions.ts';
import { pairLengths, pairScale } from '../pair-inputs.ts';
import type { DPOSettings } from './dpo.config.ts';
import { lengthWeight } from './dpo.data.ts';

/**
 * -ln σ(β (ln π(y_c | x) / π_ref(y_c | x) - ln π(y_r | x) / π_ref(y_r | x))), or another loss of these log-ratios, of
 * P pairs: 2 P rows, all chosen, then all rejected, in one forward pass of each model.
 * @see Rafailov et al. 2023, https://arxiv.org/abs/2305.18290, equation 7
 */
export const dpoLoss = (args: DPOSettings, reference: Network): Loss<PairBatch, RowSizes> => ({
  sizes: rowSizes,

  record(graph, sizes, policy, training) {
    const { useWeighting, ldAlpha } = args;
    const rows = rowInputs(graph, policy, sizes, ({ batch }) => batch);
    const { bounds, weightedBy } = completionSums(graph, rows);
    const weightOf = lengthWeight(ldAlpha);
    const sum = weightedBy(({ batch }, row, i) => weightOf(batch, row, i));
    const refLogps = args.precomputeRefLogProbs
      ? graph.input('refLogps', [sizes.rows], ({ batch }) => batch.refLogps!)
      : sum(predictedLogps(graph, reference, rows).logps);
    const tokens = predictedLogps(graph, policy, rows, {
      checkpoint: training && args.gradientCheckpointing,
      meanLogits: true,
      logSumSquares: useWeighting,
    });
    for (const name of ['entropy', 'correct', 'meanLogits'] as const) {
      graph.output(name, tokens[name]!);
    }
    const squares = { logps: tokens.logps, logSumSquares: tokens.logSumSquares!, bounds };
    const pairs = {
      logps: sum(tokens.logps),
      refLogps,
      lengths: pairLengths(graph, sizes),
      scale: pairScale(graph),
      ...(useWeighting && { weights: graph.apply(wpoWeights, squares, {}).weights }),
    };
    // LD-DPO's weights are not those of the likelihood term.
    const plain = () => weightedBy(() => 1, 'plain weights')(tokens.logps);
    return addedLosses(graph, args, pairs, ldAlpha === null ? () => pairs.logps : plain);
  },

  metrics(outputs, { batch: { pairs, lengths } }) {
    const over = (name: string, from: number, to: number) =>
      meanOver(outputs[name]!, lengths, from, to) ?? 0;
    return {
      loss: outputs.loss![0]!,
      entropy: over('entropy', 0, 2 * pairs),
      'logits/chosen': over('meanLogits', 0, pairs),
      'logits/rejected': over('meanLogits', pairs, 2 * pairs),
      mean_token_accuracy: over('correct', 0, pairs),
      ...namedMeans(pairLossMetricNames, outputs.metrics!, pairs),
    };
  },
});

/** One loss, or the weighted sum of several (MPO); the metrics are those of the first over both completions. */
function addedLosses(
  graph: Graph,
  args: DPOSettings,
  pairs: PairLossInputs,
  plainLogps: () => Tensor,
): Tensor {
  const { lossType, lossWeights } = args;
  const losses = lossType.map((name) => {
    const inputs = name === 'sft' ? { ...pairs, logps: plainLogps() } : pairs;
    return { name, ...graph.apply(dpoLosses[name], inputs, args) };
  });
  const reported = losses.find(({ name }) => name !== 'sft') ?? losses[0]!;
  graph.output('metrics', reported.metrics);
  if (losses.length === 1 && lossWeights === null) return losses[0]!.loss;
  const each = <T>(of: (i: number) => T) =>
    Object.fromEntries(losses.map(({ name }, i) => [`${i} ${name}`, of(i)]));
  const weights = each((i) => lossWeights?.[i] ?? 1);
  const parts = each((i) => losses[i]!.loss);
  return graph.apply(weightedLoss, parts, { weights }).loss;
}
