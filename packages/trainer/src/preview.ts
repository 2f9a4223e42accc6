import type { RowBatch } from '@attune/data';

/** A row as a model reads it. */
export interface PreviewRow {
  /** Which of several rows of an example it is, such as `chosen`; empty where there is one. */
  readonly kind: string;
  readonly ids: Int32Array;
  /** Whether each token is predicted: trained. */
  readonly predicted: readonly boolean[];
}

/** The rows of a batch: of pairs first all chosen, then all rejected, here pair by pair. */
export function previewOf(batch: object): PreviewRow[] {
  const { rows, starts, sequence, pairs } = batch as RowBatch & { readonly pairs?: number };
  const row = (number: number, kind: string): PreviewRow => {
    const [from, to] = [starts[number]!, starts[number + 1]!];
    const labels = sequence.labels.subarray(from, to);
    const predicted = Array.from(labels, (label) => label !== -100);
    return { kind, ids: sequence.inputIds.subarray(from, to), predicted };
  };
  if (pairs === undefined) return Array.from({ length: rows }, (_, number) => row(number, ''));
  return Array.from({ length: pairs }, (_, pair) => [
    row(pair, 'chosen'),
    row(pair + pairs, 'rejected'),
  ]).flat();
}
