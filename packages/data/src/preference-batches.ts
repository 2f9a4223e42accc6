import type { Batch, CollateOptions } from './collate.ts';
import { collate } from './collate.ts';
import { ignored } from './encode-example.ts';
import type { PreferenceExample } from './preference-pairs.ts';
import type { UnpairedExample } from './unpaired.ts';

/** P pairs as 2 P rows: all chosen, then all rejected. */
export interface PairBatch extends Batch {
  pairs: number;
  /** Trained tokens of each row, [2 P]. */
  lengths: Int32Array;
  /** [P], where the data set has them. */
  margins?: Float32Array;
  /** Of the reference model, [2 P], where the data set has them. */
  refLogps?: Float32Array;
}

/** B rows, and the same prompts with one another's answers. */
export interface UnpairedBatch extends Batch {
  /** For KTO's estimate of the KL; padded to a length of its own. */
  kl: Batch;
  /** 1 desirable, 0 undesirable, [B]. */
  desirable: Float32Array;
  /** Trained tokens of each row, [B]. */
  lengths: Int32Array;
  /** [B], where the data set has them. */
  refLogps?: Float32Array;
  refKlLogps?: Float32Array;
}

/** Pairs as one batch, by the layout of TRL's collators. */
export function collatePairs(
  examples: readonly PreferenceExample[],
  options: CollateOptions,
): PairBatch {
  const rows = [
    ...examples.map(({ chosenIds, chosenStart }) => answerRow(chosenIds, chosenStart)),
    ...examples.map(({ rejectedIds, rejectedStart }) => answerRow(rejectedIds, rejectedStart)),
  ];
  const batch: PairBatch = {
    ...collate(rows, options),
    pairs: examples.length,
    lengths: trainedLengths(rows),
  };
  const margins = column(examples, ({ margin }) => margin);
  if (margins) batch.margins = margins;
  const refLogps = column(
    [...examples.map((e) => e.refChosenLogps), ...examples.map((e) => e.refRejectedLogps)],
    (logps) => logps,
  );
  if (refLogps) batch.refLogps = refLogps;
  return batch;
}

/** Judged answers as one batch. */
export function collateUnpaired(
  examples: readonly UnpairedExample[],
  options: CollateOptions,
): UnpairedBatch {
  const rows = examples.map(({ ids, start }) => answerRow(ids, start));
  const batch: UnpairedBatch = {
    ...collate(rows, options),
    kl: collate(
      examples.map(({ klIds, klStart }) => answerRow(klIds, klStart)),
      options,
    ),
    desirable: Float32Array.from(examples, ({ label }) => (label ? 1 : 0)),
    lengths: trainedLengths(rows),
  };
  const refLogps = column(examples, (example) => example.refLogps);
  if (refLogps) batch.refLogps = refLogps;
  const refKlLogps = column(examples, (example) => example.refKlLogps);
  if (refKlLogps) batch.refKlLogps = refKlLogps;
  return batch;
}

function answerRow(inputIds: Int32Array, start: number) {
  return { inputIds, labels: inputIds.map((id, i) => (i < start ? ignored : id)) };
}

// Nothing predicts the first token of a row.
function trainedLengths(rows: readonly { labels: Int32Array }[]): Int32Array {
  return Int32Array.from(
    rows,
    ({ labels }) => labels.subarray(1).filter((l) => l !== ignored).length,
  );
}

function column<T>(rows: readonly T[], of: (row: T) => number | undefined) {
  const values = rows.map(of);
  return values.every((value) => value !== undefined) ? Float32Array.from(values) : undefined;
}
