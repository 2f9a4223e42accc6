import { isAbsolute, join } from 'node:path';
import type { Values } from '../command-line/command.ts';
import { usageError } from '../command-line/usage.ts';

/** Files of the training data and of held-out rows, as a trainer takes them. */
export interface DataFiles {
  readonly trainDataset?: readonly string[];
  readonly evalDataset?: readonly string[];
}

/**
 * The files that `datasets`, `dataset_name` and `eval_dataset` name.
 * @throws AttuneError `missing-key`, `bad-value`
 */
export function dataFiles(values: Values, { needed }: { readonly needed: boolean }): DataFiles {
  const trainSplit = String(values.datasetTrainSplit);
  const testSplit = String(values.datasetTestSplit);
  const train: string[] = [];
  const evaluation: string[] = values.evalDataset ? [String(values.evalDataset)] : [];
  if (values.datasetName !== undefined) train.push(String(values.datasetName));
  for (const entry of mixture(values.datasets)) {
    const { path, data_files: files, data_dir: folder, split } = entry;
    if (files === undefined) {
      if (typeof path !== 'string') throw badMixture('an entry names no data_files');
      train.push(path);
      continue;
    }
    const place = (file: unknown) => {
      if (typeof file !== 'string') throw badMixture('data_files holds something else than paths');
      return typeof folder === 'string' && !isAbsolute(file) ? join(folder, file) : file;
    };
    if (typeof files === 'object' && files !== null && !Array.isArray(files)) {
      const splits = files as Record<string, unknown>;
      const wanted = typeof split === 'string' ? split : trainSplit;
      if (splits[wanted] === undefined) {
        throw badMixture(`data_files has ${Object.keys(splits).join(', ')}, not ${wanted}`);
      }
      train.push(...[splits[wanted]].flat().map(place));
      if (splits[testSplit] !== undefined) {
        evaluation.push(...[splits[testSplit]].flat().map(place));
      }
    } else train.push(...[files].flat().map(place));
  }
  if (train.length === 0 && needed) {
    throw usageError(
      'missing-key',
      'No training data is named.',
      'Give --dataset_name FILE.jsonl, or `datasets` in the recipe: a list of {path: json, data_files: FILE.jsonl, split: train}.',
    );
  }
  return {
    ...(train.length > 0 && { trainDataset: train }),
    ...(evaluation.length > 0 && { evalDataset: evaluation }),
  };
}

function mixture(value: unknown): Record<string, unknown>[] {
  if (value === undefined || value === null) return [];
  const list = [value].flat();
  if (list.every((entry) => typeof entry === 'object' && entry !== null)) {
    return list as Record<string, unknown>[];
  }
  throw badMixture('it holds something else than entries');
}

const badMixture = (what: string) =>
  usageError(
    'bad-value',
    `datasets: ${what}.`,
    'Write a list; each entry has path (json, csv, parquet) and data_files (a path or several).',
  );
