import { describe, expect, it } from 'vitest';
import type { DatasetStream } from './dataset.ts';
import type { Example } from './encode-example.ts';
import { newReport } from './encode-report.ts';
import type { LoadedBatch, LoaderState } from './loader.ts';
import { BatchLoader } from './loader.ts';
import { joinRows } from './row-batch.ts';

const count = 23;
const examples: Example[] = Array.from({ length: count }, (_, i) => {
  const inputIds = Int32Array.from({ length: 1 + (i % 4) }, () => i);
  return { inputIds, labels: inputIds };
});
const stream: DatasetStream = {
  report: newReport(),
  async *open() {
    yield* examples;
  },
};

const options = { batchSize: 4, seed: 5, collate: (rows: readonly Example[]) => joinRows(rows) };

async function take(
  loader: BatchLoader,
  number: number,
  from?: LoaderState,
): Promise<LoadedBatch[]> {
  const batches: LoadedBatch[] = [];
  for await (const batch of loader.batches(from)) {
    batches.push(batch);
    if (batches.length === number) break;
  }
  return batches;
}

const rowsOf = ({ examples: rows }: LoadedBatch) => rows.map(({ inputIds }) => inputIds[0]!);

describe.each([
  ['in memory', examples],
  ['a stream', stream],
] as const)('batches of data %s', (_, data) => {
  it('come in the order of the file when it is asked for, epoch after epoch', async () => {
    const loader = new BatchLoader(data, { ...options, sampling: 'sequential' });
    const batches = await take(loader, 12);
    const all = Array.from({ length: count }, (_, i) => i);
    expect(batches.slice(0, 6).flatMap(rowsOf)).toEqual(all);
    expect(batches.slice(6).flatMap(rowsOf)).toEqual(all);
    expect(batches[5]).toMatchObject({
      epoch: 0,
      index: 5,
      last: true,
      next: { epoch: 1, index: 0 },
    });
    expect(batches[6]).toMatchObject({
      epoch: 1,
      index: 0,
      last: false,
      next: { epoch: 1, index: 1 },
    });
    expect(batches[5]!.batch).toMatchObject({ rows: 3, tokens: 6 });
  });

  it('hold every row once an epoch in random order, another order in the next', async () => {
    const loader = new BatchLoader(data, { ...options, shuffleBuffer: 8 });
    const batches = await take(loader, 12);
    const [first, second] = [batches.slice(0, 6), batches.slice(6)].map((b) => b.flatMap(rowsOf));
    const all = Array.from({ length: count }, (_, i) => i);
    expect(first).not.toEqual(all);
    expect(second).not.toEqual(first);
    expect(first!.toSorted((a, b) => a - b)).toEqual(all);
    expect(second!.toSorted((a, b) => a - b)).toEqual(all);
  });

  it('go on from any place as if they had never stopped', async () => {
    for (const sampling of ['sequential', 'random'] as const) {
      const make = () => new BatchLoader(data, { ...options, sampling, shuffleBuffer: 8 });
      const batches = await take(make(), 14);
      for (let stopped = 0; stopped < 13; stopped++) {
        const resumed = await take(make(), 14 - stopped - 1, batches[stopped]!.next);
        expect(resumed).toEqual(batches.slice(stopped + 1));
      }
    }
  });

  it('go on with the next row, also in batches of another size', async () => {
    for (const sampling of ['sequential', 'random'] as const) {
      const make = (batchSize: number) =>
        new BatchLoader(data, { ...options, batchSize, sampling, shuffleBuffer: 8 });
      const rows = (batches: LoadedBatch[]) => batches.flatMap(rowsOf);
      const whole = rows(await take(make(1), 2 * count));
      const before = await take(make(4), 3);
      for (const size of [1, 2, 3, 5, 8]) {
        const after: LoadedBatch[] = [];
        for await (const batch of make(size).batches(before.at(-1)!.next)) {
          after.push(batch);
          if (batch.epoch === 1 && batch.last) break;
        }
        expect([...rows(before), ...rows(after)]).toEqual(whole);
      }
      // A state of before, without rows.
      const old = await take(make(4), 1, { epoch: 0, index: 3 });
      expect(rowsOf(old[0]!)).toEqual(whole.slice(12, 16));
    }
  });

  it('leave out a short last batch only when told to', async () => {
    const loader = new BatchLoader(data, { ...options, dropLast: true });
    const batches = await take(loader, 6);
    expect(batches.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(batches.every(({ batch }) => batch.rows === 4)).toBe(true);
  });
});

describe('a loader', () => {
  it('knows the batches of an epoch, but for a stream', () => {
    expect(new BatchLoader(examples, options).batchesPerEpoch).toBe(6);
    expect(new BatchLoader(examples, { ...options, dropLast: true }).batchesPerEpoch).toBe(5);
    expect(new BatchLoader(stream, options).batchesPerEpoch).toBeUndefined();
  });

  it('makes batches of other rows with the collate it is given', async () => {
    const pairs = [
      { chosen: 1, rejected: 2 },
      { chosen: 3, rejected: 4 },
    ];
    const loader = new BatchLoader(pairs, {
      ...options,
      sampling: 'sequential',
      collate: (rows) => rows.flatMap(({ chosen, rejected }) => [chosen, rejected]),
    });
    for await (const { batch, last } of loader.epoch(0)) {
      expect(batch).toEqual([1, 2, 3, 4]);
      expect(last).toBe(true);
    }
  });

  it('refuses a batch size that is none, and data that fill no batch', () => {
    expect(() => new BatchLoader(examples, { ...options, batchSize: 0 })).toThrow(
      /batch size is 0/,
    );
    expect(() => new BatchLoader(examples, { ...options, batchSize: 1.5 })).toThrow(/batch size/);
    expect(() => new BatchLoader([], options)).toThrow(/fill no batch/);
    const few = { ...options, batchSize: 24, dropLast: true };
    expect(() => new BatchLoader(examples, few)).toThrow(/23 sequences fill no batch of 24/);
  });

  it('says of a stream that no batch can be filled, and does not read it for ever', async () => {
    for (const sampling of ['sequential', 'random'] as const) {
      const few = { ...options, batchSize: 24, dropLast: true, sampling };
      const loader = new BatchLoader(stream, few);
      await expect(loader.batches().next()).rejects.toThrow(/23 sequences fill no batch of 24/);
      await expect(loader.epoch(0).next()).rejects.toThrow(/fill no batch/);
    }
    // A place at the end of an epoch is none of that.
    const full = new BatchLoader(stream, { ...options, dropLast: true });
    expect((await full.batches({ epoch: 0, index: 5 }).next()).value).toMatchObject({
      epoch: 1,
      index: 0,
    });
    expect((await full.epoch(0, 5).next()).done).toBe(true);
  });
});
