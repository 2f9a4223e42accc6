import { type Batch, ignored } from '@attune/data';
import type { LabelledRows } from '@attune/model';

/**
 * A batch without its padding: all tokens in one row, each sequence a document of its own. The
 * numbers are the same, since attention stays inside documents, and no work is done on padding.
 * The first token of a row keeps its label only with `first`: where virtual tokens before it predict it.
 */
export function flatten(batch: Batch, { first = false } = {}): LabelledRows {
  let length = 0;
  for (const mask of batch.attentionMask) length += mask;
  const flat = {
    rows: 1,
    length,
    inputIds: new Int32Array(length),
    labels: new Int32Array(length),
    positions: new Int32Array(length),
    segmentIds: new Int32Array(length),
  };
  let at = 0;
  let document = 0;
  let previous = -1;
  for (let i = 0; i < batch.inputIds.length; i++) {
    const start = i % batch.length === 0;
    if (start) previous = -1;
    const segment = batch.segmentIds[i]!;
    if (segment === 0) continue;
    if (segment !== previous) document++;
    flat.inputIds[at] = batch.inputIds[i]!;
    flat.labels[at] = start && !first ? ignored : batch.labels[i]!;
    flat.positions[at] = batch.positions[i]!;
    flat.segmentIds[at] = document;
    previous = segment;
    at++;
  }
  return flat;
}

/** Sizes that share a plan: at most about 8 % above `count`, in few distinct values. */
export function bucket(count: number, least = 16): number {
  const unit = Math.max(least, 2 ** Math.floor(Math.log2(Math.max(1, count) / 12)));
  return Math.ceil(Math.max(1, count) / unit) * unit;
}
