import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { describe, expect, it } from 'vitest';
import { numpyPermutation } from './numpy-random.ts';
import type { Row } from './read-rows.ts';
import { readAllRows } from './read-rows.ts';
import { splitRows, splitSources, splitStream, testRows } from './split-rows.ts';

interface Recorded {
  splits: {
    rows: number;
    testSize: number;
    seed: number;
    train: number[];
    test: number[];
    trainRows: number;
  }[];
  shuffled: number[];
  large: { rows: number; seed: number; first: number[]; last: number[] };
}
/** What datasets 5.2 and numpy 2.4 drew. */
const recorded: Recorded = JSON.parse(
  readFileSync(new URL('../fixtures/files/split.json', import.meta.url), 'utf8'),
);

const file = (text: string) => new File([text], 'rows.jsonl');
const numbered = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('a split', () => {
  it.each(recorded.splits)(
    'of $rows rows by $testSize with seed $seed is that of datasets',
    (split) => {
      const { train, test } = splitRows(numbered(split.rows), split);
      expect(train.slice(0, 20)).toEqual(split.train);
      expect(test.slice(0, 20)).toEqual(split.test);
      expect(train.length).toBe(split.trainRows);
    },
  );

  it('without shuffling holds out the last rows', () => {
    const split = { testSize: 0.3, shuffle: false };
    expect(splitRows(numbered(10), split)).toEqual({
      train: [0, 1, 2, 3, 4, 5, 6],
      test: [7, 8, 9],
    });
  });

  it('that would leave nothing to train is refused with both numbers', () => {
    for (const [rows, size] of [
      [3, 5],
      [3, 3],
      [3, 0.99],
      [10, 12],
      [1, 0.5],
      [10, 1.5],
      [10, -2],
      [10, 0],
      [10, Number.NaN],
    ] as const) {
      let error: unknown;
      try {
        testRows(rows, size);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(AttuneError);
      const { code, message } = error as AttuneError;
      expect(code).toBe('split-invalid');
      expect(message).toContain(String(rows));
      expect(message).toMatch(size === 0.99 ? /3 of 3/ : new RegExp(String(size)));
    }
    expect(testRows(30, 0.1)).toBe(Math.ceil(0.1 * 30));
    expect(testRows(3, 2)).toBe(2);
  });

  it('of files is not changed by empty rows, which stay with the training rows', async () => {
    const rows = numbered(10).map((i) => ({ text: `row ${i}` }));
    const lines = (list: Row[]) => list.map((row) => JSON.stringify(row)).join('\n');
    const plain = await splitSources([file(lines(rows))], { testSize: 3, seed: 1 });
    for (const at of [0, 5, 10]) {
      const more = [...rows.slice(0, at), { text: '' }, ...rows.slice(at)];
      const { train, test } = await splitSources([file(lines(more))], { testSize: 3, seed: 1 });
      expect(test).toEqual(plain.test);
      expect(train).toEqual([...plain.train, { text: '' }]);
    }
  });

  it('of a stream holds out the same rows, and streams the others again and again', async () => {
    const rows = numbered(50).map((i) => ({ text: i === 7 ? '' : `row ${i}` }));
    const source = file(rows.map((row) => JSON.stringify(row)).join('\n'));
    const split = await splitSources([source], { testSize: 0.2, seed: 9 });
    const stream = await splitStream([source], { testSize: 0.2, seed: 9 });
    expect(stream.test).toEqual(split.test);
    const texts = (list: Row[]) => list.map(({ text }) => String(text)).sort();
    for (let pass = 0; pass < 2; pass++) {
      const train: Row[] = [];
      for await (const row of readAllRows([stream.train])) train.push(row);
      expect(texts(train)).toEqual(texts(split.train));
    }
  });
});

describe("numpy's permutation", () => {
  it('is reproduced bit for bit, for large data sets and large seeds', () => {
    const { rows, seed, first, last } = recorded.large;
    const order = numpyPermutation(rows, seed);
    expect([...order.slice(0, 10)]).toEqual(first);
    expect([...order.slice(-10)]).toEqual(last);
    expect([...numpyPermutation(64, 42)]).toEqual(recorded.shuffled);
    expect([...numpyPermutation(0, 1), ...numpyPermutation(1, 1)]).toEqual([0]);
  });

  it('refuses seeds that are none', () => {
    for (const seed of [-1, 0.5, 2 ** 60]) expect(() => numpyPermutation(3, seed)).toThrow(/seed/);
  });
});
