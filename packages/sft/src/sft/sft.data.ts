import {
  type DatasetOptions,
  type DatasetStream,
  type Example,
  filesOf,
  prepareDataset,
  reportNotes,
  splitDataset,
  streamDataset,
} from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { TrainerSetup } from '@attune/trainer';
import type { SFTSettings, sftConfig } from './sft.config.ts';

export interface SFTData {
  readonly train: readonly Example[] | DatasetStream;
  readonly evaluation?: readonly Example[];
}

/** Training sequences and held-out ones; what happened to the rows is reported. */
export async function sftData(
  setup: TrainerSetup<typeof sftConfig>,
  { streaming }: { readonly streaming: boolean },
): Promise<SFTData> {
  const { args, tokenizer, log, progress, signal } = setup;
  const options = datasetOptions(args);
  const packing = args.evalPacking ?? args.packing;
  const evaluationOptions = { ...options, packing, shuffleDataset: false, signal };
  const evaluates = args.evalStrategy !== 'no' || args.evalOnStart;
  if (streaming) {
    const files = filesOf(setup.trainDataset);
    if (!files) throw notStreamed();
    const held = setup.evalDataset && (await splitDataset(setup, { evaluates })).evaluation;
    const evaluation = held && (await prepareDataset(held, tokenizer, evaluationOptions)).examples;
    return {
      train: streamDataset(files, tokenizer, options),
      ...(evaluation && { evaluation }),
    };
  }
  const split = await splitDataset(setup, { evaluates });
  const train = await prepareDataset(split.train, tokenizer, {
    ...options,
    signal,
    onProgress: (rows) => progress(`Reading data: ${rows} rows`),
  });
  const held =
    split.evaluation && (await prepareDataset(split.evaluation, tokenizer, evaluationOptions));
  for (const note of reportNotes(train.report, tokenizer, options)) log(note);
  const { report } = train;
  log(
    `Data: ${report.rows} rows, ${train.examples.length} sequences, ${report.tokens} tokens, ${report.trainedTokens} of them trained.`,
  );
  return { train: train.examples, ...(held && { evaluation: held.examples }) };
}

/** How rows are encoded, as `prepareDataset` takes it. */
export function datasetOptions(args: SFTSettings): DatasetOptions {
  const { maxLength, packing, packingStrategy, completionOnlyLoss, assistantOnlyLoss } = args;
  const { datasetTextField, shuffleDataset, seed } = args;
  return {
    maxLength,
    packing,
    packingStrategy,
    completionOnlyLoss,
    assistantOnlyLoss,
    datasetTextField,
    shuffleDataset,
    seed,
  };
}

function notStreamed(): AttuneError {
  return new AttuneError(
    'dataset-invalid',
    'streaming reads the rows anew in every epoch, and trainDataset is rows, not files.',
    'Give the paths of files, or leave streaming out.',
  );
}
