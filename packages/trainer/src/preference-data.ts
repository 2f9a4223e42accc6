import {
  type DatasetSource,
  type DatasetSplit,
  type PreferenceReport,
  preferenceNotes,
  type ReadPreferenceOptions,
  splitDataset,
} from '@attune/data';
import type { Tokenizer } from '@attune/tokenizer';
import type { TrainingSettings } from './config/training.config.ts';
import type { Reporting } from './setup.ts';

/** What preference data is read from: a `TrainerSetup` whose arguments have `maxLength`. */
export interface PreferenceSetup extends Reporting {
  readonly args: Pick<TrainingSettings, 'evalStrategy' | 'evalOnStart' | 'seed'> & {
    readonly maxLength: number | null;
  };
  readonly tokenizer: Tokenizer;
  readonly trainDataset: DatasetSource;
  readonly evalDataset: DatasetSource | undefined;
  readonly testSplitSize: number | null;
}

/** Examples to train on and held-out ones. */
export interface PreferenceExamples<E> {
  readonly train: readonly E[];
  readonly evaluation?: readonly E[];
}

/** How rows become examples: `preparePreference`, `prepareUnpaired`. */
export type PreparePreference<E> = (
  rows: DatasetSplit['train'],
  options: ReadPreferenceOptions,
) => Promise<{ readonly examples: readonly E[]; readonly report: PreferenceReport }>;

/**
 * Reads preference data, that to train on and that held out; what happened to the rows is reported. `unit` is what an
 * example is called.
 * @throws AttuneError those of `splitDataset` and of `prepare`
 */
export async function preferenceData<E>(
  setup: PreferenceSetup,
  unit: 'pairs' | 'completions',
  prepare: PreparePreference<E>,
): Promise<PreferenceExamples<E> & { readonly report: PreferenceReport }> {
  const { args, tokenizer, log, progress, signal } = setup;
  const { maxLength } = args;
  const options = {
    maxLength,
    signal,
    onProgress: (rows: number) => progress(`Reading data: ${rows} rows`),
  };
  const evaluates = args.evalStrategy !== 'no' || args.evalOnStart;
  const split = await splitDataset(setup, { evaluates });
  const { examples: train, report } = await prepare(split.train, options);
  const held = split.evaluation && (await prepare(split.evaluation, options));
  for (const note of preferenceNotes(report, tokenizer, maxLength)) log(note);
  log(
    `Data: ${report.rows} rows, ${report.kept} ${unit}, ${report.tokens} tokens${held ? `; ${held.report.kept} ${unit} held out` : ''}.`,
  );
  return { train, ...(held && { evaluation: held.examples }), report };
}
