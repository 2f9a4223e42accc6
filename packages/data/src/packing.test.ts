import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Example } from './encode-example.ts';
import { ignored } from './encode-example.ts';
import type { PackingStrategy } from './packing.ts';
import { packBlock, packExamples } from './packing.ts';
import { uniformInteger } from './philox.ts';

interface Recorded {
  maxLength: number;
  lengths: number[];
  bfd: [first: number, length: number][][];
  bfd_split: [first: number, length: number][][];
  wrapped: [first: number, length: number][][];
}

const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/packing.json', import.meta.url), 'utf8'),
) as Recorded[];

const strategies = ['bfd', 'bfd_split', 'wrapped'] as const;

/** Sequences of consecutive ids; every third token is not trained. */
function sequences(lengths: number[]): Example[] {
  let next = 0;
  return lengths.map((length) => {
    const inputIds = Int32Array.from({ length }, () => next++);
    return { inputIds, labels: inputIds.map((id) => (id % 3 === 0 ? ignored : id)) };
  });
}

const idsOf = (rows: readonly Example[]) => rows.flatMap(({ inputIds }) => Array.from(inputIds));

describe.each(recorded)(
  'rows of at most $maxLength tokens',
  ({ maxLength, lengths, ...packed }) => {
    it.each(strategies)('are those that TRL packs by %s', (strategy) => {
      const rows = packBlock(sequences(lengths), maxLength, strategy);
      const expected = packed[strategy].map((documents) => ({
        ids: documents.flatMap(([first, length]) => Array.from({ length }, (_, i) => first + i)),
        segments: strategy === 'wrapped' ? undefined : documents.map(([, length]) => length),
      }));
      expect(
        rows.map(({ inputIds, segments }) => ({ ids: Array.from(inputIds), segments })),
      ).toEqual(expected);
      for (const { inputIds, labels } of rows) {
        expect(labels).toEqual(inputIds.map((id) => (id % 3 === 0 ? ignored : id)));
      }
    });
  },
);

describe('packing random sequences', () => {
  for (let trial = 0; trial < 60; trial++) {
    const random = (index: number, bound: number) => uniformInteger(7, trial, index, bound);
    const maxLength = 1 + random(0, 40);
    const lengths = Array.from({ length: random(1, 50) }, (_, i) => random(i + 2, 60));
    const total = lengths.reduce((sum, length) => sum + length, 0);

    it(`keeps every token once and fits ${maxLength}, trial ${trial}`, () => {
      const all = Array.from({ length: total }, (_, i) => i);
      for (const strategy of strategies) {
        const rows = packBlock(sequences(lengths), maxLength, strategy);
        const ids = idsOf(rows).sort((a, b) => a - b);
        const kept = strategy === 'bfd' ? truncated(lengths, maxLength) : all;
        expect(ids).toEqual(kept);
        for (const { inputIds, segments } of rows) {
          expect(inputIds.length).toBeLessThanOrEqual(maxLength);
          expect(inputIds.length).toBeGreaterThan(0);
          if (strategy === 'wrapped') expect(segments).toBeUndefined();
          else expect(segments!.reduce((sum, length) => sum + length, 0)).toBe(inputIds.length);
        }
      }
    });

    it(`never opens a row that was not needed, trial ${trial}`, () => {
      const rows = packBlock(sequences(lengths), maxLength, 'bfd').map(
        (row) => row.inputIds.length,
      );
      // Were two rows at most half full, the second would have gone into the first.
      expect(rows.filter((length) => 2 * length <= maxLength).length).toBeLessThanOrEqual(1);
    });
  }
});

function truncated(lengths: number[], maxLength: number): number[] {
  return sequences(lengths).flatMap(({ inputIds }) => Array.from(inputIds.slice(0, maxLength)));
}

it('packs each block by itself, as dataset.map does', async () => {
  const rows: Example[] = [];
  for await (const row of packExamples(sequences([3, 3, 3, 3, 3]), 4, 'wrapped', 2)) rows.push(row);
  expect(rows.map(({ inputIds }) => inputIds.length)).toEqual([4, 2, 4, 2, 3]);
});

it('says what is missing for packing', () => {
  expect(() => packBlock(sequences([3]), Number.NaN, 'bfd')).toThrow(/needs max_length/);
  expect(() => packBlock(sequences([3]), 4, 'tetris' as PackingStrategy)).toThrow(/"tetris"/);
});
