import { type Row, readAllRows } from '@attune/data';
import { usageError, type Values } from '../command-line/option.ts';
import type { DataFiles } from './sources.ts';

/** What a data set is made of: files, or rows of them when some of a file are held out. */
export interface Split {
  readonly train: readonly string[] | Row[];
  readonly evaluation?: readonly string[] | Row[];
}

/**
 * Training rows and held-out ones: those of `eval_dataset`, or the last `test_split_size` of the rows.
 * @throws AttuneError `missing-key` when the recipe evaluates, but names none
 */
export async function splitData(values: Values, files: DataFiles): Promise<Split> {
  const share = values.test_split_size as number | null | undefined;
  if (files.evaluation.length > 0) return files;
  if (share) {
    const rows: Row[] = [];
    for await (const row of readAllRows(files.train)) rows.push(row);
    const count = share < 1 ? Math.ceil(share * rows.length) : share;
    const at = rows.length - count;
    return { train: rows.slice(0, at), evaluation: rows.slice(at) };
  }
  if (values.eval_strategy !== 'no' || values.eval_on_start === true) {
    throw usageError(
      'missing-key',
      'The recipe evaluates (eval_strategy), but names no held-out rows.',
      'Give --eval_dataset FILE.jsonl, or --test_split_size 0.1.',
    );
  }
  return { train: files.train };
}
