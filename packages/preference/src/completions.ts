import { segmentSum, type Tensor } from '@attune/kernels';
import type { Graph } from '@attune/plan';
import {
  type Completions,
  completionInputs,
  completionWeights,
  type RowInputs,
} from '@attune/trainer';

/** What token i of the completion of a row weighs in the sum over it. */
export type TokenWeight<F> = (feed: F, row: number, i: number) => number;

/** ln π(y | x) [rows] of completions from the log-probabilities [count] of their tokens, under whichever model. */
export type CompletionSum = (logps: Tensor) => Tensor;

/** Declares the completions of rows, and sums over them whose weights of tokens are declared once for all models. */
export function completionSums<F>(
  graph: Graph<F>,
  rows: RowInputs<F>,
): Pick<Completions<F>, 'bounds'> & {
  weightedBy(weightOf: TokenWeight<F>, name?: string): CompletionSum;
} {
  const completions = completionInputs(graph, rows);
  const { bounds } = completions;
  return {
    bounds,
    weightedBy(weightOf, name) {
      const weights = completionWeights(graph, rows, completions, weightOf, name);
      return (x) => graph.apply(segmentSum, { x, weights, bounds }, {}).y;
    },
  };
}
