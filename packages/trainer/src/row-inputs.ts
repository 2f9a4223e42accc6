import { type JoinOptions, joinRows, type RowBatch } from '@attune/data';
import { segmentSum, type Tensor, type TokenLogpsOptions } from '@attune/kernels';
import {
  addedTokens,
  decoder,
  type Network,
  type Predictions,
  predictionInputs,
  predictionValues,
  predictTokens,
  type TokenBatch,
  tokenInputs,
  tokenValues,
} from '@attune/model';
import { type Graph, type InputData, perFeed } from '@attune/plan';

/** Sizes that share a plan: at most about 8 % above `count`, in few distinct values. */
export function bucket(count: number, least = 16): number {
  const unit = Math.max(least, 2 ** Math.floor(Math.log2(Math.max(1, count) / 12)));
  return Math.ceil(Math.max(1, count) / unit) * unit;
}

/** How large a plan is: tokens of all rows, predicted tokens (both in buckets), and rows. */
export interface RowSizes {
  readonly tokens: number;
  readonly count: number;
  readonly rows: number;
}

/** How virtual tokens of a network, if it has any, have rows joined: they predict the first token of each. */
export const joinOptions = ({ tuning }: Network): JoinOptions => ({
  keepFirst: addedTokens(tuning.virtual) > 0,
});

const sum = (numbers: ArrayLike<number>) => {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i]!;
  return total;
};

/** The sizes of the plan that a batch runs in. */
export function rowSizes({ tokens, rows, lengths }: RowBatch): RowSizes {
  return { tokens: bucket(tokens), count: bucket(sum(lengths)), rows };
}

/** Rows as a graph reads them. */
export interface RowInputs<F> {
  readonly batch: TokenBatch;
  /** Which hidden states predict which tokens: declared once they are asked for. */
  readonly predictions: Predictions;
  /** What the inputs are filled from, for those of a loss that belong to it. */
  readonly rowsOf: (feed: F) => RowBatch;
  readonly sizes: RowSizes;
  readonly prefix: string;
}

/** What a graph of rows is made for. */
export interface RowOptions {
  /** Keeps several batches of one graph apart. */
  readonly prefix?: string;
  /** Positions of the rotary table. Default: the model's, and those of virtual tokens. */
  readonly positions?: number;
}

/**
 * Declares the rows of a batch in a graph: ids, positions and what each token may see; which hidden states predict
 * which tokens. Each input says what fills it.
 */
export function rowInputs<F>(
  graph: Graph<F>,
  { config, tuning: { virtual } }: Network,
  sizes: RowSizes,
  rowsOf: (feed: F) => RowBatch,
  {
    prefix = '',
    positions = config.maxPositionEmbeddings + (virtual?.count ?? 0),
  }: RowOptions = {},
): RowInputs<F> {
  const tokens = perFeed((feed: F) => tokenValues(rowsOf(feed).sequence, 1, sizes.tokens, virtual));
  const batch = tokenInputs(graph, config, 1, sizes.tokens, positions, prefix, virtual);
  const fill = (tensor: Tensor | undefined, name: keyof ReturnType<typeof tokens>) => {
    if (tensor) graph.fills.set(tensor, (feed) => tokens(feed)[name] as InputData);
  };
  fill(batch.ids, 'ids');
  fill(batch.positions, 'positions');
  fill(batch.bounds, 'bounds');
  fill(batch.virtualIds, 'virtual');
  const targets = perFeed((feed: F) =>
    predictionValues(rowsOf(feed).sequence, sizes.tokens, sizes.count, virtual),
  );
  let predictions: Predictions | undefined;
  const predict = () => {
    const made = predictionInputs(graph, sizes.count, prefix);
    graph.fills.set(made.predicting, (feed) => targets(feed).predicting);
    graph.fills.set(made.targets, (feed) => targets(feed).targets);
    return made;
  };
  return {
    batch,
    get predictions() {
      predictions ??= predict();
      return predictions;
    },
    rowsOf,
    sizes,
    prefix,
  };
}

export interface LogpsOptions extends TokenLogpsOptions {
  /** Gradient checkpointing. */
  readonly checkpoint?: boolean;
}

/**
 * ln π of every predicted token [count], in one forward pass over all rows, with what else the output layer says of
 * each, and the hidden states.
 */
export function predictedLogps<F>(
  graph: Graph<F>,
  network: Network,
  rows: RowInputs<F>,
  { checkpoint = false, ...options }: LogpsOptions = {},
) {
  const hidden = decoder(graph, network, rows.batch, { checkpoint });
  return { hidden, ...predictTokens(graph, network, hidden, rows.predictions, options) };
}

/** Where the completion of each row lies among the predicted tokens: its last `lengths` ones. */
export interface Completions<F> {
  /** i32 [rows, 2]. */
  readonly bounds: Tensor;
  /** Tokens of each completion, [rows]. */
  readonly lengths: (feed: F) => ArrayLike<number>;
}

/** Declares the completions of rows: all predicted tokens of each row, unless `lengths` says otherwise. */
export function completionInputs<F>(
  graph: Graph<F>,
  { rowsOf, sizes: { rows }, prefix }: RowInputs<F>,
  lengths: (feed: F) => ArrayLike<number> = (feed) => rowsOf(feed).lengths,
): Completions<F> {
  const bounds = graph.input(
    `${prefix}completions`,
    [rows, 2],
    (feed) => {
      const found = new Int32Array(2 * rows);
      let end = 0;
      for (const [row, predicted] of rowsOf(feed).lengths.entries()) {
        end += predicted;
        const length = lengths(feed)[row]!;
        if (length > 0) found.set([end - length, end], 2 * row);
      }
      return found;
    },
    'i32',
  );
  return { bounds, lengths };
}

/** A number for each token of the completions, in the order of the predicted tokens; 0 elsewhere. */
export function perCompletionToken<F>(
  { rowsOf, sizes: { count } }: RowInputs<F>,
  { lengths }: Completions<F>,
  of: (feed: F, row: number, i: number) => number,
): (feed: F) => Float32Array {
  return (feed) => {
    const values = new Float32Array(count);
    let end = 0;
    for (const [row, predicted] of rowsOf(feed).lengths.entries()) {
      end += predicted;
      const length = lengths(feed)[row]!;
      for (let i = 0; i < length; i++) values[end - length + i] = of(feed, row, i);
    }
    return values;
  };
}

/**
 * ln π(y | x) [rows]: the log-probabilities of each completion's tokens, weighted (1 by default) and summed.
 */
export function completionLogps<F>(
  graph: Graph<F>,
  rows: RowInputs<F>,
  logps: Tensor,
  completions: Completions<F>,
  weightOf: (feed: F, row: number, i: number) => number = () => 1,
  name = 'weights',
): Tensor {
  const weights = completionWeights(graph, rows, completions, weightOf, name);
  return graph.apply(segmentSum, { x: logps, weights, bounds: completions.bounds }, {}).y;
}

/** f32 [count]: what each token of a completion weighs in its sum. */
export function completionWeights<F>(
  graph: Graph<F>,
  rows: RowInputs<F>,
  completions: Completions<F>,
  weightOf: (feed: F, row: number, i: number) => number,
  name = 'weights',
): Tensor {
  const fill = perCompletionToken(rows, completions, weightOf);
  return graph.input(`${rows.prefix}${name}`, [rows.sizes.count], fill);
}

/** Splits a number for each predicted token into the parts of the rows. */
export function rowParts(
  { lengths }: Pick<RowBatch, 'lengths'>,
  values: Float32Array,
): Float32Array<ArrayBuffer>[] {
  let end = 0;
  return Array.from(lengths, (length) => {
    end += length;
    return values.slice(end - length, end);
  });
}

/** The mean over the predicted tokens of rows [from, to) of a number each; undefined without tokens. */
export function meanOver(
  values: ArrayLike<number>,
  lengths: ArrayLike<number>,
  from = 0,
  to = lengths.length,
): number | undefined {
  const tokens = (first: number, end: number) => {
    let count = 0;
    for (let row = first; row < end; row++) count += lengths[row]!;
    return count;
  };
  const [start, count] = [tokens(0, from), tokens(from, to)];
  let total = 0;
  for (let i = start; i < start + count; i++) total += values[i]!;
  return count > 0 ? total / count : undefined;
}

/** Token ids as rows of which nothing is predicted: for scores and hidden states. */
export const idRows = (rows: readonly ArrayLike<number>[]): RowBatch =>
  joinRows(
    rows.map((ids) => ({
      inputIds: Int32Array.from(ids),
      labels: new Int32Array(ids.length).fill(-100),
    })),
  );
