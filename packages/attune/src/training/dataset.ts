import {
  type Dataset,
  type DatasetStream,
  prepareDataset,
  reportNotes,
  streamDataset,
} from '@attune/data';
import type { Tokenizer } from '@attune/tokenizer';
import type { Values } from '../command-line/option.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { dataFiles } from './sources.ts';

export interface TrainingData {
  readonly train: Dataset['examples'] | DatasetStream;
  readonly evaluation: Dataset['examples'];
}

/** Reads and encodes the data that a recipe names, and says what happened to its rows. */
export async function trainingData(
  values: Values,
  tokenizer: Tokenizer,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TrainingData> {
  const files = dataFiles(values);
  const options = {
    maxLength: values.max_length == null ? null : Number(values.max_length),
    packing: values.packing === true,
    packingStrategy: values.packing_strategy as 'bfd' | 'bfd_split' | 'wrapped',
    completionOnlyLoss: (values.completion_only_loss ?? null) as boolean | null,
    assistantOnlyLoss: values.assistant_only_loss === true,
    datasetTextField: String(values.dataset_text_field),
    shuffleDataset: values.shuffle_dataset === true,
    seed: Number(values.data_seed ?? values.seed),
    signal,
    onProgress: (rows: number) => terminal.progress(`Encoding: ${rows} rows`),
  };
  const evalPacking = values.eval_packing ?? options.packing;
  const held = { ...options, packing: evalPacking === true, shuffleDataset: false };
  if (values.streaming === true || values.dataset_streaming === true) {
    const evaluation = files.evaluation.length
      ? (await prepareDataset(files.evaluation, tokenizer, held)).examples
      : [];
    return { train: streamDataset(files.train, tokenizer, options), evaluation };
  }
  const { examples, report } = await prepareDataset(files.train, tokenizer, options);
  terminal.settle();
  for (const note of reportNotes(report, tokenizer, options)) terminal.note(note);
  if (files.evaluation.length > 0) {
    const { examples: evaluation } = await prepareDataset(files.evaluation, tokenizer, held);
    return { train: examples, evaluation };
  }
  const size = Number(values.test_split_size ?? 0);
  const count = size < 1 ? Math.round(size * examples.length) : size;
  if (count === 0) return { train: examples, evaluation: [] };
  return { train: examples.slice(0, -count), evaluation: examples.slice(-count) };
}
