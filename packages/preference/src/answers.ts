import { type Batch, ignored } from '@attune/data';
import { segmentSum, type Tensor, type TokenLogpsOptions } from '@attune/kernels';
import {
  decoder,
  type LabelledRows,
  type Network,
  type Predictions,
  predictionInputs,
  predictionValues,
  predictTokens,
  type TokenBatch,
  tokenInputs,
  tokenValues,
} from '@attune/model';
import type { Graph, InputData } from '@attune/plan';
import { bucket } from '@attune/trainer';

/** How large a plan is: tokens of all rows, predicted tokens (both in buckets), and rows. */
export interface AnswerSizes {
  readonly tokens: number;
  readonly count: number;
  readonly rows: number;
}

/** Rows as a graph reads them: one row after the other in a single long one. */
export interface AnswerInputs {
  readonly batch: TokenBatch;
  readonly predictions: Predictions;
  /** f32 [count]: what each predicted token weighs in its answer's sum. */
  readonly weights: Tensor;
  /** i32 [rows, 2]: where each answer lies among the predicted tokens. */
  readonly answers: Tensor;
}

/** The inputs of rows in a graph; `prefix` keeps several batches of a graph apart. */
export function answerInputs(
  graph: Graph,
  { config }: Network,
  { tokens, count, rows }: AnswerSizes,
  prefix = '',
): AnswerInputs {
  return {
    batch: tokenInputs(graph, config, 1, tokens, config.maxPositionEmbeddings, prefix),
    predictions: predictionInputs(graph, count, prefix),
    weights: graph.input(`${prefix}weights`, [count]),
    answers: graph.input(`${prefix}answers`, [rows, 2], 'i32'),
  };
}

export interface AnswerOptions extends TokenLogpsOptions {
  /** Gradient checkpointing. */
  readonly checkpoint?: boolean;
}

/**
 * log π(y | x) [rows]: the log-probabilities of each answer's tokens, weighted and summed, in one
 * forward pass over all rows; with what the output layer tells of each token, and the hidden states.
 */
export function answerLogps(
  graph: Graph,
  network: Network,
  { batch, predictions, weights, answers }: AnswerInputs,
  { checkpoint = false, ...options }: AnswerOptions = {},
) {
  const hidden = decoder(graph, network, batch, { checkpoint });
  const tokens = predictTokens(graph, network, hidden, predictions, options);
  const sums = graph.apply(segmentSum, { x: tokens.logps, weights, bounds: answers }, {});
  return { hidden, tokens, logps: sums.y };
}

/** The sizes of the plan that a batch in this form runs in. */
export function answerSizes(flat: LabelledRows, rows: number): AnswerSizes {
  return { tokens: bucket(flat.length), count: bucket(countPredicted(flat)), rows };
}

/** Tokens that are predicted. */
export function countPredicted({ labels }: LabelledRows): number {
  let count = 0;
  for (const label of labels) if (label !== ignored) count++;
  return count;
}

/**
 * The values of `answerInputs`. `lengths` [rows] are the answers' tokens, the last predicted ones of
 * each row; `weightOf` gives the weight of token `i` of a row's answer, 1 by default.
 */
export function answerValues(
  flat: LabelledRows,
  { tokens, count, rows }: AnswerSizes,
  lengths: ArrayLike<number>,
  {
    weightOf = () => 1,
    prefix = '',
  }: { weightOf?: (row: number, i: number) => number; prefix?: string } = {},
): Record<string, InputData> {
  const predicted = predictionValues(flat, tokens, count);
  const weights = new Float32Array(count);
  const answers = new Int32Array(2 * rows);
  const ends = predictedEnds(flat, rows);
  for (let row = 0; row < rows; row++) {
    const length = lengths[row]!;
    const start = ends[row]! - length;
    if (length > 0) answers.set([start, ends[row]!], 2 * row);
    for (let i = 0; i < length; i++) weights[start + i] = weightOf(row, i);
  }
  const { predicting, targets } = predicted;
  const values = { ...tokenValues(flat, 1, tokens), predicting, targets, weights, answers };
  if (!prefix) return values;
  return Object.fromEntries(Object.entries(values).map(([name, v]) => [prefix + name, v]));
}

/** Where each row ends among the predicted tokens. */
function predictedEnds({ labels, segmentIds }: LabelledRows, rows: number): Int32Array {
  const ends = new Int32Array(rows);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== ignored) ends[segmentIds[i]! - 1]!++;
  }
  for (let row = 1; row < rows; row++) ends[row]! += ends[row - 1]!;
  return ends;
}

/**
 * The mean over the tokens of the answers of rows [from, to) of a number a token, where answers are
 * all that is predicted; undefined without tokens.
 */
export function meanOver(
  values: ArrayLike<number>,
  lengths: ArrayLike<number>,
  from: number,
  to: number,
): number | undefined {
  const tokens = (start: number, end: number) => {
    let count = 0;
    for (let row = start; row < end; row++) count += lengths[row]!;
    return count;
  };
  const [start, count] = [tokens(0, from), tokens(from, to)];
  let sum = 0;
  for (let i = start; i < start + count; i++) sum += values[i]!;
  return count > 0 ? sum / count : undefined;
}

/** Rows whose padding is computed too, for metrics that TRL averages over it: every row in its place. */
export function withPadding(batch: Batch): LabelledRows {
  const { rows, length, inputIds } = batch;
  const labels = batch.labels.slice();
  const segmentIds = new Int32Array(rows * length);
  for (let i = 0; i < labels.length; i++) {
    // Nothing predicts the first token of a row.
    if (i % length === 0) labels[i] = ignored;
    if (batch.attentionMask[i]) segmentIds[i] = Math.floor(i / length) + 1;
  }
  return {
    rows: 1,
    length: rows * length,
    inputIds,
    labels,
    positions: batch.positions,
    segmentIds,
  };
}

/** Puts the padding of `withPadding` into the values: each sees its row's real tokens, as in transformers. */
export function fillPadding(values: Record<string, InputData>, batch: Batch): void {
  const { ids, positions, bounds } = values as Record<'ids' | 'positions' | 'bounds', Int32Array>;
  const { rows, length, attentionMask, inputIds } = batch;
  for (let row = 0; row < rows; row++) {
    const start = row * length;
    let end = start;
    while (end < start + length && attentionMask[end]) end++;
    for (let at = end; at < start + length; at++) {
      ids![at] = inputIds[at]!;
      positions![at] = at - start;
      bounds!.set([start, end], 2 * at);
    }
  }
}

/** The sums that a loss gives, each over `count`, by their names. */
export function namedMeans(names: readonly string[], sums: ArrayLike<number>, count: number) {
  return Object.fromEntries(names.map((name, i) => [name, sums[i]! / count]));
}
