import {
  embedding,
  joinColumns,
  matmul,
  type Tensor,
  type TokenLogpsOptions,
  tokenLogps,
} from '@attune/kernels';
import type { Graph, InputData } from '@attune/plan';
import type { TokenRows } from './batch.ts';
import type { Network } from './network.ts';
import { addedTokens, type VirtualTokens } from './virtual.ts';

/** Logits [tokens, vocabulary] of hidden states: for small batches and for checks. */
export function logits(graph: Graph, network: Network, hidden: Tensor): Tensor {
  const parts = network
    .outputParts(graph)
    .map((weight) => graph.apply(matmul, { x: hidden, weight }, { transposeWeight: true }).y);
  if (parts.length === 1) return parts[0]!;
  return graph.apply(joinColumns, Object.fromEntries(parts.map((p, i) => [`p${i}`, p])), {}).y;
}

/** Which hidden states predict which tokens: the inputs `predicting` and `targets` (after a prefix), both i32 [count]. */
export interface Predictions {
  readonly predicting: Tensor;
  readonly targets: Tensor;
}

export function predictionInputs(graph: Graph, count: number, prefix = ''): Predictions {
  return {
    predicting: graph.input(`${prefix}predicting`, [count], 'i32'),
    targets: graph.input(`${prefix}targets`, [count], 'i32'),
  };
}

/**
 * Log-probabilities of chosen tokens: only the rows that predict one reach the output layer, and
 * the logits of all tokens never exist at once. Rows with a negative target give zeros.
 */
export function predictTokens(
  graph: Graph,
  network: Network,
  hidden: Tensor,
  { predicting, targets }: Predictions,
  options: TokenLogpsOptions = {},
) {
  const rows = graph.apply(embedding, { table: hidden, ids: predicting }, {}).y;
  const [weight, ...rest] = network.outputParts(graph);
  const more = Object.fromEntries(rest.map((part, i) => [`weight${i + 1}`, part]));
  return graph.apply(tokenLogps, { hidden: rows, weight: weight!, targets, ...more }, options);
}

/** A labelled batch: label t is the token at t, predicted from t - 1; -100 where it is not trained. */
export interface LabelledRows extends TokenRows {
  readonly labels: Int32Array;
}

/**
 * How many tokens a batch trains. The first of a row has none before it to predict it, but for virtual tokens that
 * run through the model.
 */
export function countTargets(
  batch: Pick<LabelledRows, 'length' | 'labels'>,
  virtual?: VirtualTokens,
): number {
  const first = addedTokens(virtual) > 0;
  let count = 0;
  for (let i = 0; i < batch.labels.length; i++) {
    if ((first || i % batch.length !== 0) && batch.labels[i] !== -100) count++;
  }
  return count;
}

/**
 * The values of `predictionInputs` (and `weights`: 1 where a token is trained) for a batch whose
 * plan has rows of `length` tokens and room for `count` predictions. With virtual tokens that run through the
 * model, the last of them predicts the first token of every document.
 */
export function predictionValues(
  batch: LabelledRows,
  length: number,
  count: number,
  virtual?: VirtualTokens,
): Record<'predicting' | 'targets' | 'weights', InputData> {
  const before = addedTokens(virtual) > 0 ? batch.rows * length + virtual!.count - 1 : undefined;
  const predicting = new Int32Array(count).fill(-1);
  const targets = new Int32Array(count).fill(-100);
  const weights = new Float32Array(count);
  let n = 0;
  for (let row = 0; row < batch.rows; row++) {
    for (let t = before === undefined ? 1 : 0; t < batch.length; t++) {
      const at = row * batch.length + t;
      const label = batch.labels[at]!;
      if (label === -100) continue;
      const first = t === 0 || batch.segmentIds[at] !== batch.segmentIds[at - 1];
      predicting[n] = first && before !== undefined ? before : row * length + t - 1;
      targets[n] = label;
      weights[n++] = 1;
    }
  }
  return { predicting, targets, weights };
}
