import { AttuneError } from '@attune/gpu';
import { rowsOf } from './dataset.ts';
import type { ReadOptions, Row } from './read-rows.ts';
import type { Source } from './source.ts';

/** Rows, a file (its path, a Blob, or `{ name, open }`), several files, or an (async) iterable of rows. */
export type DatasetSource = Source | readonly Source[] | Iterable<Row> | AsyncIterable<Row>;

const isSource = (value: unknown): value is Source =>
  typeof value === 'string' ||
  value instanceof Blob ||
  (typeof value === 'object' && value !== null && 'open' in value);

/**
 * What the readers take: files as a list, rows as they are.
 * @throws AttuneError `dataset-invalid`
 */
export function datasetOf(
  source: DatasetSource,
  name = 'trainDataset',
): readonly Source[] | Iterable<Row> | AsyncIterable<Row> {
  if (isSource(source)) return [source];
  const iterable =
    typeof source === 'object' &&
    source !== null &&
    (Symbol.iterator in source || Symbol.asyncIterator in source);
  if (iterable) return source as readonly Source[] | Iterable<Row> | AsyncIterable<Row>;
  throw new AttuneError(
    'dataset-invalid',
    `${name} is ${typeof source === 'object' ? 'an object that is no list' : `a ${typeof source}`}.`,
    'Give rows, the path of a JSONL, JSON, CSV or Parquet file, several paths, or an (async) iterable of rows.',
  );
}

/** Whether the source can be opened again and again: files can, rows that come one by one cannot. */
export function filesOf(source: DatasetSource): readonly Source[] | undefined {
  const found = datasetOf(source);
  return Array.isArray(found) && found.every(isSource) ? (found as readonly Source[]) : undefined;
}

/** Training rows and held-out ones. */
export interface DatasetSplit {
  readonly train: ReturnType<typeof datasetOf>;
  readonly evaluation?: ReturnType<typeof datasetOf>;
}

/**
 * Training rows and held-out ones: those of `evalDataset`, or the last `testSplitSize` of the rows.
 * @throws AttuneError `dataset-invalid`, `missing-key` where evaluation is asked for and no rows are held out
 */
export async function splitDataset(
  {
    trainDataset,
    evalDataset,
    testSplitSize,
  }: {
    readonly trainDataset: DatasetSource;
    readonly evalDataset?: DatasetSource | undefined;
    readonly testSplitSize?: number | null;
  },
  { evaluates, ...options }: ReadOptions & { readonly evaluates: boolean },
): Promise<DatasetSplit> {
  const train = datasetOf(trainDataset);
  if (evalDataset !== undefined) {
    return { train, evaluation: datasetOf(evalDataset, 'evalDataset') };
  }
  if (testSplitSize) {
    const rows: Row[] = [];
    for await (const row of rowsOf(train, options)) rows.push(row);
    const count = testSplitSize < 1 ? Math.ceil(testSplitSize * rows.length) : testSplitSize;
    const at = rows.length - count;
    return { train: rows.slice(0, at), evaluation: rows.slice(at) };
  }
  if (!evaluates) return { train };
  throw new AttuneError(
    'missing-key',
    'The run evaluates (eval_strategy), but there are no held-out rows.',
    'Give --eval_dataset FILE.jsonl, or --test_split_size 0.1.',
  );
}
