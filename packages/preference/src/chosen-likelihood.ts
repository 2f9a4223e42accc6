import { nll, type Tensor } from '@attune/kernels';
import type { Graph, Values } from '@attune/plan';
import type { Feed } from '@attune/trainer';
import type { PaddedPairBatch } from './padded-pairs.ts';

/** Predicted tokens of the chosen rows, which stand before those of the rejected ones. */
const chosenTokens = ({ pairs, padded }: PaddedPairBatch) =>
  padded.lengths.subarray(0, pairs).reduce((sum, length) => sum + length, 0);

/** The mean negative log-likelihood of the predicted tokens of the chosen rows, from the log-probabilities of all. */
export function chosenLikelihood(graph: Graph<Feed<PaddedPairBatch>>, logps: Tensor): Tensor {
  const [count] = logps.shape as [number];
  const weights = graph.input('likelihood', [count], ({ batch }) =>
    new Float32Array(count).fill(1, 0, chosenTokens(batch)),
  );
  const scale = graph.input('likelihood scale', [1], ({ batch, share }) =>
    Float32Array.of(1 / (chosenTokens(batch) * share.microBatches)),
  );
  const { loss, metrics } = graph.apply(nll, { logps, weights, scale }, {});
  graph.output('nll', metrics);
  return loss;
}

/** The same mean, as it is logged. */
export function nllLoss(outputs: Values): number {
  const [tokens, sum] = outputs.nll as unknown as [number, number];
  return sum / tokens;
}
