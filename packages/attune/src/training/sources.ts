import { isAbsolute, join } from 'node:path';
import { usageError, type Values } from '../command-line/option.ts';

/** Files of the training data and of held-out rows. */
export interface DataFiles {
  readonly train: readonly string[];
  readonly evaluation: readonly string[];
}

/**
 * The files that `datasets`, `dataset_name` and `eval_dataset` name.
 * @throws AttuneError `missing-key`, `bad-value`
 */
export function dataFiles(values: Values): DataFiles {
  const trainSplit = String(values.dataset_train_split ?? 'train');
  const testSplit = String(values.dataset_test_split ?? 'test');
  const train: string[] = [];
  const evaluation: string[] = values.eval_dataset ? [String(values.eval_dataset)] : [];
  if (values.dataset_name !== undefined) train.push(String(values.dataset_name));
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
      if (splits[testSplit] !== undefined)
        evaluation.push(...[splits[testSplit]].flat().map(place));
    } else train.push(...[files].flat().map(place));
  }
  if (train.length > 0) return { train, evaluation };
  throw usageError(
    'missing-key',
    'No training data is named.',
    'Give --dataset_name FILE.jsonl, or `datasets` in the recipe: a list of {path: json, data_files: FILE.jsonl, split: train}.',
  );
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
