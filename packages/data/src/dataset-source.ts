import { AttuneError } from '@attune/gpu';
import type { ReadOptions, Row } from './read-rows.ts';
import type { DatasetSource, Source } from './source.ts';
import { isSource } from './source.ts';
import { splitSources, splitStream } from './split-rows.ts';

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
    'Give rows, the path of a JSONL, JSON, CSV, Parquet or Arrow file, several paths, or an (async) iterable of rows.',
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
 * Training rows and held-out ones: those of `evalDataset`, or `testSplitSize` of the rows (a share, or their number),
 * drawn with the seed as `datasets` draws them. With `streaming` the training rows are read again in each pass.
 *
 * @throws AttuneError `dataset-invalid`, `split-invalid`, `missing-key` where evaluation is asked for and no rows are
 * held out, and those of `readRows`
 */
export async function splitDataset(
  {
    trainDataset,
    evalDataset,
    testSplitSize,
    args,
  }: {
    readonly trainDataset: DatasetSource;
    readonly evalDataset?: DatasetSource | undefined;
    readonly testSplitSize?: number | null;
    /** The seed of the draw. Default 42. */
    readonly args?: { readonly seed?: number };
  },
  {
    evaluates,
    streaming = false,
    ...options
  }: ReadOptions & { readonly evaluates: boolean; readonly streaming?: boolean },
): Promise<DatasetSplit> {
  const train = datasetOf(trainDataset);
  if (evalDataset !== undefined) {
    return { train, evaluation: datasetOf(evalDataset, 'evalDataset') };
  }
  if (testSplitSize !== undefined && testSplitSize !== null) {
    const how = { ...options, testSize: testSplitSize, seed: args?.seed };
    const files = streaming ? filesOf(trainDataset) : undefined;
    if (files) {
      const split = await splitStream(files, how);
      return { train: [split.train], evaluation: split.test };
    }
    const split = await splitSources(train, how);
    return { train: split.train, evaluation: split.test };
  }
  if (!evaluates) return { train };
  throw new AttuneError(
    'missing-key',
    'The run evaluates (eval_strategy), but there are no held-out rows.',
    'Give --eval_dataset FILE.jsonl, or --test_split_size 0.1.',
  );
}
