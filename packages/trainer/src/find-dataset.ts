import { type DatasetSource, folderSplits, isDataFile, isSource, type Source } from '@attune/data';
import { AttuneError, formatBytes } from '@attune/gpu';
import { hubEnvironment, isHubId, nodeHubStorage, openHubDataset } from '@attune/model';
import { environment, type FindModelOptions } from './find-model.ts';

/** Which parts of a data set that has several. */
export interface DatasetChoice {
  /** The configuration of a hub id: the `name` of `load_dataset`. */
  readonly datasetConfig?: string | undefined;
  /** The split that is trained on. Default `train`. */
  readonly datasetTrainSplit?: string | undefined;
  /** The split that is held out. Default `test`. */
  readonly datasetTestSplit?: string | undefined;
}

/** Rows to train on, and held-out ones. */
export interface FoundDatasets {
  readonly trainDataset: DatasetSource | undefined;
  readonly evalDataset: DatasetSource | undefined;
}

/**
 * Puts files in the place of names: of a folder those of the split, and of a hub id that is no path those of the hub.
 * Where the run evaluates and no rows are held out otherwise, the test split of the training data is, if there is one.
 *
 * @throws AttuneError those of `openHubDataset` and `folderSplits`, `data-split-missing`
 */
export async function findDatasets(
  {
    trainDataset,
    evalDataset,
    testSplitSize,
    datasetConfig: name,
    datasetTrainSplit = 'train',
    datasetTestSplit = 'test',
  }: Partial<FoundDatasets> & DatasetChoice & { readonly testSplitSize?: number | null },
  { evaluates, ...options }: FindModelOptions & { readonly evaluates: boolean },
): Promise<FoundDatasets> {
  const find = (source: DatasetSource | undefined) => partsOf(source, name, options);
  const train = await find(trainDataset);
  const held = await find(evalDataset);
  const wantsTest = evaluates && evalDataset === undefined && testSplitSize == null;
  const test = wantsTest && train.every(({ splits }) => splits?.has(datasetTestSplit) === true);
  return {
    trainDataset: train.length > 0 ? await filesOf(train, datasetTrainSplit) : trainDataset,
    evalDataset:
      held.length > 0
        ? await filesOf(held, datasetTestSplit, datasetTrainSplit)
        : test && train.length > 0
          ? await filesOf(train, datasetTestSplit)
          : evalDataset,
  };
}

/** A named source: its splits, if it has any. */
interface Part {
  readonly source: Source;
  readonly splits?: ReadonlyMap<string, readonly string[]>;
  /** The files of a split. */
  readonly open?: (split: string) => Promise<readonly Source[]>;
}

/** What the sources of a data set are; empty for rows. */
async function partsOf(
  source: DatasetSource | undefined,
  name: string | undefined,
  options: FindModelOptions,
): Promise<Part[]> {
  if (source === undefined) return [];
  const sources = isSource(source) ? [source] : source;
  if (!Array.isArray(sources) || !sources.every(isSource)) return [];
  return Promise.all(sources.map((one) => partOf(one, name, options)));
}

async function partOf(
  source: Source,
  name: string | undefined,
  { progress, log }: FindModelOptions,
): Promise<Part> {
  if (typeof source !== 'string') return { source };
  const kind = kindOf(source);
  if (kind === 'folder') {
    const splits = folderSplits(source);
    return { source, splits, open: async (split) => splits.get(split)! };
  }
  if (kind === 'file' || isDataFile(source) || !isHubId(source)) return { source };
  try {
    const found = await openHubDataset(source, {
      storage: await nodeHubStorage(),
      ...(await hubEnvironment(environment())),
      name,
      onNotice: (sentence) => log?.(sentence),
      onProgress: ({ file, done, total }: { file: string; done: number; total: number }) =>
        progress?.(`${file}: ${formatBytes(done)} of ${formatBytes(total)}`),
    });
    return { source, splits: found.splits, open: (split) => found.download(split) };
  } catch (cause) {
    if (!(cause instanceof AttuneError) || !/^(hub-|not-cached)/.test(cause.code)) throw cause;
    const { code, message, remedy } = cause;
    throw new AttuneError(code, `There is no file or folder ${source}. ${message}`, remedy, {
      cause,
    });
  }
}

/** The files of the first of the splits that each part has; whole files where a part has no splits. */
async function filesOf(parts: readonly Part[], ...wanted: string[]): Promise<readonly Source[]> {
  const files: Source[] = [];
  for (const { source, splits, open } of parts) {
    const split = wanted.find((name) => splits?.has(name));
    if (!splits || !open) files.push(source);
    else if (split !== undefined) files.push(...(await open(split)));
    else throw missingSplit(String(source), wanted[0]!, splits);
  }
  return files;
}

function kindOf(path: string): 'file' | 'folder' | 'nothing' {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  const stat = fs?.statSync(path, { throwIfNoEntry: false });
  if (!stat) return 'nothing';
  return stat.isDirectory() ? 'folder' : 'file';
}

function missingSplit(
  source: string,
  split: string,
  splits: ReadonlyMap<string, unknown>,
): AttuneError {
  return new AttuneError(
    'data-split-missing',
    `${source} has no split ${split}; it has ${[...splits.keys()].join(', ')}.`,
    'Name one of them: dataset_train_split, dataset_test_split.',
  );
}
