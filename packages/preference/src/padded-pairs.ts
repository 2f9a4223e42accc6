import {
  collatePairs,
  type PaddedRows,
  type PairBatch,
  type PreferenceExample,
  padRows,
  type RowBatch,
} from '@attune/data';
import { columnMean, matmul, type Tensor } from '@attune/kernels';
import type { Network } from '@attune/model';
import type { Graph, Values } from '@attune/plan';
import { type Feed, type RowInputs, type RowSizes, rowInputs } from '@attune/trainer';

/** Pairs whose padding is computed too: the logits that TRL logs for ORPO and CPO are means over it. */
export interface PaddedPairBatch extends PairBatch {
  /** The rows as TRL pads them, one behind the other; its `lengths` count the tokens that are predicted. */
  readonly padded: RowBatch;
  /** Tokens of each padded row. */
  readonly length: number;
}

/** Which tokens of the chosen rows are predicted: those of the completion, or all. Of the rejected: the completion's. */
export type Predicted = 'completion' | 'row';

/** Pairs as one batch, by the layout of TRL's collator. */
export function collatePadded(
  pairs: readonly PreferenceExample[],
  { padTokenId, predicted }: { padTokenId: number; predicted: Predicted },
): PaddedPairBatch {
  const batch = collatePairs(pairs);
  const rows = padRows(batch, padTokenId);
  const { length } = rows;
  const labels = rows.labels.slice();
  if (predicted === 'row') {
    for (let i = 0; i < batch.pairs * length; i++) {
      // Nothing predicts the first token of a row.
      if (i % length !== 0 && rows.attentionMask[i]) labels[i] = rows.inputIds[i]!;
    }
  }
  return { ...batch, padded: paddedBatch({ ...rows, labels }), length };
}

/** Padded rows as one sequence; the padding of each is a document of its own, so that it is computed. */
function paddedBatch({
  rows,
  length,
  inputIds,
  labels,
  positions,
  attentionMask,
}: PaddedRows): RowBatch {
  const tokens = rows * length;
  const segmentIds = Int32Array.from(
    attentionMask,
    (real, i) => 2 * Math.floor(i / length) + (real ? 1 : 2),
  );
  const lengths = new Int32Array(rows);
  for (const [i, label] of labels.entries()) if (label !== -100) lengths[Math.floor(i / length)]!++;
  return {
    rows,
    tokens,
    starts: Int32Array.from({ length: rows + 1 }, (_, row) => row * length),
    lengths,
    firsts: 0,
    sequence: { rows: 1, length: tokens, inputIds, labels, positions, segmentIds },
  };
}

/** Declares padded rows in a graph. Padding sees the real tokens of its row, as in transformers. */
export function paddedInputs<B extends PaddedPairBatch>(
  graph: Graph<Feed<B>>,
  policy: Network,
  sizes: RowSizes,
): RowInputs<Feed<B>> {
  const inputs = rowInputs(graph, policy, sizes, ({ batch }) => batch.padded);
  const fill = graph.fills.get(inputs.batch.bounds)!;
  graph.fills.set(inputs.batch.bounds, (feed) => {
    const { rows, length, starts } = feed.batch;
    const bounds = fill(feed).slice();
    for (let row = 0; row < rows; row++) {
      const start = row * length;
      const end = start + starts[row + 1]! - starts[row]!;
      for (let at = end; at < start + length; at++) bounds.set([start, end], 2 * at);
    }
    return bounds;
  });
  return inputs;
}

/** The mean over the vocabulary of the logits at every position, [tokens]. */
export function positionLogits(graph: Graph, network: Network, hidden: Tensor): Tensor {
  const mean = graph.apply(columnMean, { x: network.outputWeight(graph) }, {}).y;
  const weight = graph.reshape(mean, [1, mean.shape[0]!]);
  return graph.apply(matmul, { x: hidden, weight }, { transposeWeight: true }).y;
}

/**
 * TRL's `logits/*`: means of `positionLogits` over every position of each side, padding included, but for the last
 * `without` of each row.
 */
export function logitMetrics(
  { logits }: Values,
  { pairs, length }: PaddedPairBatch,
  without: number,
) {
  const side = (from: number) => {
    let sum = 0;
    for (let row = from; row < from + pairs; row++) {
      for (let t = 0; t < length - without; t++) sum += logits![row * length + t]!;
    }
    return sum / (pairs * (length - without));
  };
  return { 'logits/rejected': side(pairs), 'logits/chosen': side(0) };
}
