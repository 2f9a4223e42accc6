import { AttuneError } from '@attune/gpu';
import { rowsOf } from './dataset.ts';
import { numpyPermutation } from './numpy-random.ts';
import type { ReadOptions, Row } from './read-rows.ts';
import { readAllRows } from './read-rows.ts';
import { isEmptyRow } from './shapes.ts';
import type { DatasetSource, RowSource, Source } from './source.ts';

export interface SplitOptions {
  /** Held-out rows: a share between 0 and 1, or their number. */
  testSize: number;
  /** Default 42. */
  seed?: number | undefined;
  /** Draw the held-out rows; else they are the last ones. Default true. */
  shuffle?: boolean | undefined;
}

/** How many of `rows` are held out, by the rounding of `datasets`: of a share, up. @throws AttuneError `split-invalid` */
export function testRows(rows: number, testSize: number): number {
  const share = testSize > 0 && testSize < 1;
  const count = share ? Math.ceil(testSize * rows) : testSize;
  if (Number.isInteger(count) && count > 0 && count < rows) return count;
  const all = share ? `${count} of ${rows} rows, all of them` : `${testSize} of ${rows} rows`;
  throw new AttuneError(
    'split-invalid',
    rows < 2
      ? `A test split of ${testSize} is asked for, but the data have ${rows} rows; one must be left to train.`
      : share || count >= rows
        ? `The test split would hold out ${all}${share || count === rows ? '' : ', more than there are'}: none is left to train.`
        : `The size of the test split is ${testSize}, for ${rows} rows.`,
    `Set test_split_size to a share between 0 and 1, or to a whole number from 1 to ${Math.max(1, rows - 1)}.`,
  );
}

/**
 * The places of training and held-out rows, as `datasets.Dataset.train_test_split` draws them with the
 * same seed: the first of a permutation are held out, the rest train, in its order.
 *
 * @throws AttuneError `split-invalid`, `seed-invalid`
 * @see https://huggingface.co/docs/datasets/package_reference/main_classes#datasets.Dataset.train_test_split
 */
export function splitIndices(
  rows: number,
  { testSize, seed = 42, shuffle = true }: SplitOptions,
): { train: Uint32Array; test: Uint32Array } {
  const count = testRows(rows, testSize);
  if (shuffle) {
    const order = numpyPermutation(rows, seed);
    return { train: order.slice(count), test: order.slice(0, count) };
  }
  const order = Uint32Array.from({ length: rows }, (_, i) => i);
  return { train: order.slice(0, rows - count), test: order.slice(rows - count) };
}

/** Rows as training and held-out ones: {@link splitIndices}. */
export function splitRows<T>(rows: readonly T[], options: SplitOptions): { train: T[]; test: T[] } {
  const { train, test } = splitIndices(rows.length, options);
  return { train: Array.from(train, (i) => rows[i]!), test: Array.from(test, (i) => rows[i]!) };
}

/**
 * The rows of a data set as training and held-out ones. Empty rows take no part in the draw, so that they
 * change nothing; they stand behind the training rows, to be counted there.
 *
 * @throws AttuneError `split-invalid` and those of `readRows`
 */
export async function splitSources(
  sources: DatasetSource,
  options: SplitOptions & ReadOptions,
): Promise<{ train: Row[]; test: Row[] }> {
  const rows: Row[] = [];
  const empty: Row[] = [];
  for await (const row of rowsOf(sources, options)) {
    (isEmptyRow(row, options) ? empty : rows).push(row);
  }
  const { train, test } = splitRows(rows, options);
  return { train: [...train, ...empty], test };
}

/**
 * The same split of files that are larger than memory: the training rows are read again for each pass,
 * in the order of the files; the held-out ones, the same as without streaming, are held in memory.
 *
 * @throws AttuneError `split-invalid` and those of `readRows`
 */
export async function splitStream(
  sources: readonly Source[],
  options: SplitOptions & ReadOptions,
): Promise<{ train: RowSource; test: Row[] }> {
  let count = 0;
  for await (const row of readAllRows(sources, options)) if (!isEmptyRow(row, options)) count++;
  const { test } = splitIndices(count, options);
  const heldOut = new Uint8Array(count);
  for (const i of test) heldOut[i] = 1;
  async function* numbered(): AsyncGenerator<{ row: Row; place: number }> {
    let place = 0;
    for await (const row of readAllRows(sources, options)) {
      yield { row, place: isEmptyRow(row, options) ? -1 : place++ };
    }
  }
  const found = new Map<number, Row>();
  for await (const { row, place } of numbered()) {
    if (heldOut[place] === 1) found.set(place, row);
    if (found.size === test.length) break;
  }
  return {
    test: Array.from(test, (i) => found.get(i)!),
    train: {
      name: 'the training rows',
      async *rows() {
        for await (const { row, place } of numbered()) if (heldOut[place] !== 1) yield row;
      },
    },
  };
}
