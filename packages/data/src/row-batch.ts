import { AttuneError } from '@attune/gpu';
import type { Example } from './encode-example.ts';
import { ignored } from './encode-example.ts';

/** All tokens of a batch in a single long row; arrays are [length]. */
export interface FlatRows {
  readonly rows: 1;
  readonly length: number;
  readonly inputIds: Int32Array;
  /** The token itself, under it (not shifted); -100 where it is not predicted. */
  readonly labels: Int32Array;
  /** Positions count from 0 in every document. */
  readonly positions: Int32Array;
  /** The number of the document in the batch, from 1. */
  readonly segmentIds: Int32Array;
}

/**
 * Rows one behind the other, each a document of its own (or several, where they are packed). There is no
 * padding: attention stays inside documents, so the numbers are those of padded rows.
 */
export interface RowBatch {
  /** Examples. */
  readonly rows: number;
  /** Tokens of all rows. */
  readonly tokens: number;
  /** Where each row begins in the sequence, and the end of the last, [rows + 1]. */
  readonly starts: Int32Array;
  /** Predicted tokens of each row, [rows]. */
  readonly lengths: Int32Array;
  /** Rows whose first token is among them: virtual tokens predict it. */
  readonly firsts: number;
  readonly sequence: FlatRows;
}

export interface JoinOptions {
  /** The first token of a row keeps its label: virtual tokens before it predict it. Default false. */
  readonly keepFirst?: boolean;
}

/**
 * Puts sequences into one batch. The first token of a row is predicted by nothing, nor is that of a packed
 * document by the one before it: their labels become -100.
 */
export function joinRows(
  examples: readonly Example[],
  { keepFirst = false }: JoinOptions = {},
): RowBatch {
  if (examples.length === 0) {
    throw new AttuneError(
      'batch-empty',
      'A batch of no rows was asked for.',
      'Give at least one row.',
    );
  }
  const starts = new Int32Array(examples.length + 1);
  for (const [row, { inputIds }] of examples.entries()) {
    starts[row + 1] = starts[row]! + inputIds.length;
  }
  const tokens = starts.at(-1)!;
  const inputIds = new Int32Array(tokens);
  const labels = new Int32Array(tokens);
  const positions = new Int32Array(tokens);
  const segmentIds = new Int32Array(tokens);
  const lengths = new Int32Array(examples.length);
  let document = 0;
  let firsts = 0;
  for (const [row, example] of examples.entries()) {
    const start = starts[row]!;
    inputIds.set(example.inputIds, start);
    labels.set(example.labels, start);
    const { segments = [example.inputIds.length] } = example;
    let at = start;
    for (const size of segments) {
      if (size === 0) continue;
      if (example.segments || !keepFirst) labels[at] = ignored;
      document++;
      for (let position = 0; position < size; position++, at++) {
        positions[at] = position;
        segmentIds[at] = document;
      }
    }
    for (let i = start; i < starts[row + 1]!; i++) if (labels[i] !== ignored) lengths[row]!++;
    if (tokens > start && labels[start] !== ignored) firsts++;
  }
  const sequence = { rows: 1 as const, length: tokens, inputIds, labels, positions, segmentIds };
  return { rows: examples.length, tokens, starts, lengths, firsts, sequence };
}

/** Predicted tokens of a batch, without first tokens that only virtual ones predict: what losses divide by. */
export const countTrained = ({ lengths, firsts }: RowBatch): number =>
  lengths.reduce((sum, length) => sum + length, -firsts);

/** Rows of equal length, padded on the right; arrays are row-major, [rows × length]. */
export interface PaddedRows {
  readonly rows: number;
  readonly length: number;
  readonly inputIds: Int32Array;
  readonly labels: Int32Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: Uint8Array;
  /** Positions count on in the padding, as TRL's do. */
  readonly positions: Int32Array;
}

/** The batch as TRL pads it: for what it averages over padding too, and for comparisons with it. */
export function padRows({ rows, starts, sequence }: RowBatch, padTokenId: number): PaddedRows {
  let length = 0;
  for (let row = 0; row < rows; row++) length = Math.max(length, starts[row + 1]! - starts[row]!);
  const padded = {
    rows,
    length,
    inputIds: new Int32Array(rows * length).fill(padTokenId),
    labels: new Int32Array(rows * length).fill(ignored),
    attentionMask: new Uint8Array(rows * length),
    positions: new Int32Array(rows * length),
  };
  for (let row = 0; row < rows; row++) {
    const [from, to] = [starts[row]!, starts[row + 1]!];
    const at = row * length;
    padded.inputIds.set(sequence.inputIds.subarray(from, to), at);
    padded.labels.set(sequence.labels.subarray(from, to), at);
    padded.attentionMask.fill(1, at, at + to - from);
    for (let t = 0; t < length; t++) padded.positions[at + t] = t;
  }
  return padded;
}
