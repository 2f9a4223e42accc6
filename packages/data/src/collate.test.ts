import { describe, expect, it } from 'vitest';
import { bucketLength, collate, countTrained } from './collate.ts';
import type { Example } from './encode-example.ts';
import { ignored } from './encode-example.ts';

const example = (ids: number[], labels = ids, segments?: number[]): Example => ({
  inputIds: Int32Array.from(ids),
  labels: Int32Array.from(labels),
  ...(segments && { segments }),
});

describe('a batch', () => {
  it('pads on the right with the padding token, untrained and unseen', () => {
    const batch = collate([example([5, 6, 7]), example([8])], { padTokenId: 0 });
    expect(batch).toEqual({
      rows: 2,
      length: 3,
      inputIds: Int32Array.of(5, 6, 7, 8, 0, 0),
      labels: Int32Array.of(5, 6, 7, 8, ignored, ignored),
      attentionMask: Uint8Array.of(1, 1, 1, 1, 0, 0),
      positions: Int32Array.of(0, 1, 2, 0, 0, 0),
      segmentIds: Int32Array.of(1, 1, 1, 1, 0, 0),
    });
  });

  it('keeps documents of a packed row apart, and does not predict one from another', () => {
    const packed = example([5, 6, 7, 8, 9], [5, 6, 7, 8, 9], [3, 2]);
    const batch = collate([packed], { padTokenId: 0, padToMultipleOf: 4 });
    expect(batch.length).toBe(8);
    expect(Array.from(batch.positions)).toEqual([0, 1, 2, 0, 1, 0, 0, 0]);
    expect(Array.from(batch.segmentIds)).toEqual([1, 1, 1, 2, 2, 0, 0, 0]);
    expect(Array.from(batch.labels)).toEqual([
      ignored,
      6,
      7,
      ignored,
      9,
      ...Array(3).fill(ignored),
    ]);
    expect(Array.from(packed.labels)).toEqual([5, 6, 7, 8, 9]);
    expect(countTrained(batch)).toBe(3);
  });

  it('counts what a causal model is trained on: not the first token, not the padding', () => {
    const rows = [example([5, 6, 7]), example([8, 9], [ignored, 9])];
    expect(countTrained(collate(rows, { padTokenId: 0 }))).toBe(3);
  });

  it('of no rows is refused', () => {
    expect(() => collate([], { padTokenId: 0 })).toThrow(/no rows/);
  });
});

it('rounds lengths up to a bucket', () => {
  expect([1, 63, 64, 65].map((length) => bucketLength(length, 64))).toEqual([64, 64, 64, 128]);
  expect(bucketLength(7, 1)).toBe(7);
});
