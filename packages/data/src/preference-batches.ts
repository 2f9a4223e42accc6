import type { Example } from './encode-example.ts';
import { ignored } from './encode-example.ts';
import type { PreferenceExample } from './preference-pairs.ts';
import type { RowBatch } from './row-batch.ts';
import { joinRows } from './row-batch.ts';
import type { UnpairedExample } from './unpaired.ts';

/** P pairs as 2 P rows: all chosen, then all rejected. */
export interface PairBatch extends RowBatch {
  readonly pairs: number;
  /** [P], where the data set has them. */
  readonly margins?: Float32Array;
  /** Of the reference model, [2 P], where the data set has them. */
  readonly refLogps?: Float32Array;
}

/** B rows, and the same prompts with one another's completions. */
export interface UnpairedBatch extends RowBatch {
  /** For KTO's estimate of the KL. */
  readonly kl: RowBatch;
  /** 1 desirable, 0 undesirable, [B]. */
  readonly desirable: Float32Array;
  /** [B], where the data set has them. */
  readonly refLogps?: Float32Array;
  readonly refKlLogps?: Float32Array;
}

/** Pairs as one batch, by the layout of TRL's collators. */
export function collatePairs(examples: readonly PreferenceExample[]): PairBatch {
  const margins = column(examples, ({ margin }) => margin);
  const refLogps = column(
    [...examples.map((e) => e.refChosenLogps), ...examples.map((e) => e.refRejectedLogps)],
    (logps) => logps,
  );
  return {
    ...joinRows([
      ...examples.map(({ chosenIds, chosenStart }) => completionRow(chosenIds, chosenStart)),
      ...examples.map(({ rejectedIds, rejectedStart }) =>
        completionRow(rejectedIds, rejectedStart),
      ),
    ]),
    pairs: examples.length,
    ...(margins && { margins }),
    ...(refLogps && { refLogps }),
  };
}

/** Completions that are wanted or not as one batch. */
export function collateUnpaired(examples: readonly UnpairedExample[]): UnpairedBatch {
  const refLogps = column(examples, (example) => example.refLogps);
  const refKlLogps = column(examples, (example) => example.refKlLogps);
  return {
    ...joinRows(examples.map(({ ids, start }) => completionRow(ids, start))),
    kl: joinRows(examples.map(({ klIds, klStart }) => completionRow(klIds, klStart))),
    desirable: Float32Array.from(examples, ({ label }) => (label ? 1 : 0)),
    ...(refLogps && { refLogps }),
    ...(refKlLogps && { refKlLogps }),
  };
}

/** A whole row whose tokens from `start` on are predicted. */
export function completionRow(inputIds: Int32Array, start: number): Example {
  return { inputIds, labels: inputIds.map((id, i) => (i < start ? ignored : id)) };
}

function column<T>(rows: readonly T[], of: (row: T) => number | undefined) {
  const values = rows.map(of);
  return values.every((value) => value !== undefined) ? Float32Array.from(values) : undefined;
}
