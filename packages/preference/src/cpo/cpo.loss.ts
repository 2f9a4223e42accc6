import { cpoLosses, pairLossMetricNames, weightedLoss } from '@attune/kernels';
import {
  completionInputs,
  completionLogps,
  type Loss,
  namedMeans,
  predictedLogps,
  type RowSizes,
  rowSizes,
} from '@attune/trainer';
import { chosenLikelihood, nllLoss } from '../chosen-likelihood.ts';
import {
  logitMetrics,
  type PaddedPairBatch,
  paddedInputs,
  positionLogits,
} from '../padded-pairs.ts';
import { pairLengths, pairScale } from '../pair-inputs.ts';
import type { CPOSettings } from './cpo.config.ts';

/**
 * -ln σ(β (ln π(y_c | x) - ln π(y_r | x))) - α ln π(y_c | x) / tokens, or another loss of these log-probabilities, of P
 * pairs: 2 P rows, all chosen, then all rejected, in one forward pass.
 * @see Xu et al. 2024, https://arxiv.org/abs/2401.08417, equations 3 to 5
 */
export const cpoLoss = (args: CPOSettings): Loss<PaddedPairBatch, RowSizes> => {
  const { lossType } = args;
  /** The losses of SimPO and IPO compare means over tokens, the others sums. */
  const averaged = lossType !== 'sigmoid' && lossType !== 'hinge';
  /** Weight of the likelihood term. */
  const alpha = lossType === 'alphapo' ? 0 : args.cpoAlpha;
  return {
    sizes: ({ padded }) => rowSizes(padded),

    record(graph, sizes, policy, training) {
      const rows = paddedInputs(graph, policy, sizes);
      const { hidden, logps: tokens } = predictedLogps(graph, policy, rows, {
        checkpoint: training && args.gradientCheckpointing,
      });
      const completions = completionInputs(graph, rows, ({ batch }) => batch.lengths);
      const logps = completionLogps(graph, rows, tokens, completions, ({ batch }, row) =>
        averaged ? 1 / batch.lengths[row]! : 1,
      );
      graph.output('logits', positionLogits(graph, policy, hidden));
      const lengths = pairLengths(graph, sizes);
      const scale = pairScale(graph);
      const pairs = graph.apply(cpoLosses[lossType], { logps, lengths, scale }, args);
      graph.output('metrics', pairs.metrics);
      if (alpha === 0) return pairs.loss;
      const losses = { pairs: pairs.loss, chosen: chosenLikelihood(graph, tokens) };
      return graph.apply(weightedLoss, losses, { weights: { chosen: alpha } }).loss;
    },

    metrics: (outputs, { batch }) => ({
      loss: outputs.loss![0]!,
      ...namedMeans(pairLossMetricNames, outputs.metrics!, batch.pairs),
      ...logitMetrics(outputs, batch, 0),
      nll_loss: alpha === 0 ? 0 : nllLoss(outputs),
    }),
  };
};
