import { describe, expect, it } from 'vitest';
import type { Example } from './encode-example.ts';
import { ignored } from './encode-example.ts';
import { countTrained, joinRows, padRows } from './row-batch.ts';

const example = (ids: number[], labels = ids, segments?: number[]): Example => ({
  inputIds: Int32Array.from(ids),
  labels: Int32Array.from(labels),
  ...(segments && { segments }),
});

describe('a batch', () => {
  it('lays rows one behind the other, each a document whose first token nothing predicts', () => {
    expect(joinRows([example([5, 6, 7]), example([8, 9], [ignored, 9])])).toEqual({
      rows: 2,
      tokens: 5,
      starts: Int32Array.of(0, 3, 5),
      lengths: Int32Array.of(2, 1),
      firsts: 0,
      sequence: {
        rows: 1,
        length: 5,
        inputIds: Int32Array.of(5, 6, 7, 8, 9),
        labels: Int32Array.of(ignored, 6, 7, ignored, 9),
        positions: Int32Array.of(0, 1, 2, 0, 1),
        segmentIds: Int32Array.of(1, 1, 1, 2, 2),
      },
    });
  });

  it('keeps documents of a packed row apart, and does not predict one from another', () => {
    const packed = example([5, 6, 7, 8, 9], [5, 6, 7, 8, 9], [3, 2]);
    const batch = joinRows([packed, example([4, 3])], { keepFirst: true });
    const { labels, positions, segmentIds } = batch.sequence;
    expect([...positions]).toEqual([0, 1, 2, 0, 1, 0, 1]);
    expect([...segmentIds]).toEqual([1, 1, 1, 2, 2, 3, 3]);
    expect([...labels]).toEqual([ignored, 6, 7, ignored, 9, 4, 3]);
    expect([...packed.labels]).toEqual([5, 6, 7, 8, 9]);
    expect([...batch.lengths]).toEqual([3, 2]);
    expect(batch.firsts).toBe(1);
    expect(countTrained(batch)).toBe(4);
  });

  it('is padded on the right where that is asked for, positions counting on', () => {
    const batch = joinRows([example([5, 6, 7]), example([8])]);
    expect(padRows(batch, 0)).toEqual({
      rows: 2,
      length: 3,
      inputIds: Int32Array.of(5, 6, 7, 8, 0, 0),
      labels: Int32Array.of(ignored, 6, 7, ignored, ignored, ignored),
      attentionMask: Uint8Array.of(1, 1, 1, 1, 0, 0),
      positions: Int32Array.of(0, 1, 2, 0, 1, 2),
    });
  });

  it('of no rows is refused', () => {
    expect(() => joinRows([])).toThrow(/no rows/);
  });
});
