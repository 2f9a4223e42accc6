import {
  type DatasetOptions,
  type DatasetStream,
  type EncodeReport,
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
  const { args, tokenizer, model, log, progress, signal } = setup;
  const { vocabSize, maxPositionEmbeddings: maxPositions } = model.config;
  const limits = { vocabSize, maxPositions };
  const options = {
    ...datasetOptions(args),
    limits,
    signal,
  };
  const packing = args.evalPacking ?? args.packing;
  const evaluationOptions = { ...options, packing, shuffleDataset: false };
  const evaluates = args.evalStrategy !== 'no' || args.evalOnStart;
  if (streaming && !filesOf(setup.trainDataset)) throw notStreamed();
  const { datasetTextField } = options;
  const split = await splitDataset(setup, { evaluates, streaming, datasetTextField });
  const files = streaming ? filesOf(split.train) : undefined;
  const say = (report: EncodeReport, sequences?: number): void => {
    for (const note of reportNotes(report, tokenizer, options)) log(note);
    log(
      `Data: ${report.rows} rows, ${sequences === undefined ? '' : `${sequences} sequences, `}${report.tokens} tokens, ${report.trainedTokens} of them trained.`,
    );
  };
  const held =
    split.evaluation && (await prepareDataset(split.evaluation, tokenizer, evaluationOptions));
  const evaluation = held && { evaluation: held.examples };
  if (files) {
    let said = false;
    const onReport = (report: EncodeReport): void => {
      // What a stream holds is known after its first pass.
      if (!said) say(report);
      said = true;
    };
    return { train: streamDataset(files, tokenizer, { ...options, onReport }), ...evaluation };
  }
  const train = await prepareDataset(split.train, tokenizer, {
    ...options,
    onProgress: (rows) => progress(`Reading data: ${rows} rows`),
  });
  say(train.report, train.examples.length);
  return { train: train.examples, ...evaluation };
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
