import { AttuneError } from '@attune/gpu';
import type { Example } from './encode-example.ts';
import { ignored } from './encode-example.ts';

/** Rows of equal length, padded on the right. All arrays are row-major, [rows × length]. */
export interface Batch {
  rows: number;
  length: number;
  inputIds: Int32Array;
  /** The token itself, under it (not shifted); -100 where it is not trained. */
  labels: Int32Array;
  /** 1 for a token, 0 for padding. */
  attentionMask: Uint8Array;
  /** Positions count from 0 in every document; 0 in the padding. */
  positions: Int32Array;
  /** 0 for padding, else the number of the document in its row, from 1. */
  segmentIds: Int32Array;
}

export interface CollateOptions {
  padTokenId: number;
  /** Make the length a multiple of this. Default 1. */
  padToMultipleOf?: number | undefined;
}

/** The length rounded up to a multiple: batches of one bucket share one plan. */
export function bucketLength(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple;
}

/**
 * Puts sequences into one batch. The first token of a packed document is not predicted from the
 * document before it: its label becomes -100.
 */
export function collate(examples: readonly Example[], options: CollateOptions): Batch {
  const { padTokenId, padToMultipleOf = 1 } = options;
  if (examples.length === 0) {
    throw new AttuneError(
      'batch-empty',
      'A batch of no rows was asked for.',
      'Give at least one row.',
    );
  }
  const rows = examples.length;
  const longest = Math.max(...examples.map(({ inputIds }) => inputIds.length));
  const length = bucketLength(longest, padToMultipleOf);
  const batch: Batch = {
    rows,
    length,
    inputIds: new Int32Array(rows * length).fill(padTokenId),
    labels: new Int32Array(rows * length).fill(ignored),
    attentionMask: new Uint8Array(rows * length),
    positions: new Int32Array(rows * length),
    segmentIds: new Int32Array(rows * length),
  };
  for (const [row, { inputIds, labels, segments }] of examples.entries()) {
    const start = row * length;
    batch.inputIds.set(inputIds, start);
    batch.labels.set(labels, start);
    batch.attentionMask.fill(1, start, start + inputIds.length);
    let at = start;
    for (const [document, size] of (segments ?? [inputIds.length]).entries()) {
      if (segments && size > 0) batch.labels[at] = ignored;
      for (let position = 0; position < size; position++, at++) {
        batch.positions[at] = position;
        batch.segmentIds[at] = document + 1;
      }
    }
  }
  return batch;
}

/** Labels that a causal model is trained on: those at positions 1 and up that are not -100. */
export function countTrained(batch: Batch): number {
  let count = 0;
  for (let i = 0; i < batch.labels.length; i++) {
    if (i % batch.length !== 0 && batch.labels[i] !== ignored) count++;
  }
  return count;
}
