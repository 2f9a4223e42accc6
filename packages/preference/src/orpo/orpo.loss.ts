import { orpo, orpoMetricNames, weightedLoss } from '@attune/kernels';
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
import type { ORPOSettings } from './orpo.config.ts';

/**
 * -ln π(x, y_c) / tokens - λ ln σ(ln odds(y_c | x) / odds(y_r | x)) of P pairs, odds(y | x) = p / (1 - p) of the mean
 * probability p of a token: 2 P rows, all chosen, then all rejected, in one forward pass.
 * @see Hong et al. 2024, https://arxiv.org/abs/2403.07691, equations 4 to 7
 */
export const orpoLoss = (args: ORPOSettings): Loss<PaddedPairBatch, RowSizes> => ({
  sizes: ({ padded }) => rowSizes(padded),

  record(graph, sizes, policy, training) {
    const rows = paddedInputs(graph, policy, sizes);
    const { hidden, logps: tokens } = predictedLogps(graph, policy, rows, {
      checkpoint: training && args.gradientCheckpointing,
    });
    const completions = completionInputs(graph, rows, ({ batch }) => batch.lengths);
    const logps = completionLogps(
      graph,
      rows,
      tokens,
      completions,
      ({ batch }, row) => 1 / batch.lengths[row]!,
    );
    graph.output('logits', positionLogits(graph, policy, hidden));
    const lengths = pairLengths(graph, sizes);
    const scale = pairScale(graph);
    const odds = graph.apply(orpo, { logps, lengths, scale }, args);
    graph.output('metrics', odds.metrics);
    const chosen = chosenLikelihood(graph, tokens);
    return graph.apply(weightedLoss, { chosen, odds: odds.loss }, {}).loss;
  },

  metrics: (outputs, { batch }) => ({
    loss: outputs.loss![0]!,
    ...namedMeans(orpoMetricNames, outputs.metrics!, batch.pairs),
    ...logitMetrics(outputs, batch, 1),
    nll_loss: nllLoss(outputs),
  }),
});
