import {
  type Dataset,
  type DatasetOptions,
  type Example,
  prepareDataset,
  type Row,
  readAllRows,
  reportNotes,
  streamDataset,
} from '@attune/data';
import type { OpenModel } from '@attune/model';
import { SFTTrainer } from '@attune/sft';
import type { Tokenizer } from '@attune/tokenizer';
import type { Context } from '../command-line/command.ts';
import { usageError, type Values } from '../command-line/option.ts';
import { loadingLine, needPadding, tokenizerOf } from '../session.ts';
import { datasetOptions, sftArguments } from './arguments.ts';
import { chooseMethod } from './method.ts';
import { runTrainer } from './run-trainer.ts';
import { type DataFiles, dataFiles } from './sources.ts';

/** Runs a recipe of SFT or pretraining on an opened model, and leaves the result in `output_dir`. */
export async function trainSft(values: Values, opened: OpenModel, context: Context): Promise<void> {
  const files = dataFiles(values);
  const chosen = await chooseMethod(values, opened);
  const { model } = chosen;
  const tokenizer = tokenizerOf(model);
  const data = await readData(values, files, tokenizer, context);
  await runTrainer({
    values,
    context,
    model,
    chosen,
    evaluates: data.evaluation !== undefined,
    create: (gpu) =>
      SFTTrainer.create({
        gpu,
        config: model.config,
        weights: model.weights,
        method: chosen.method,
        ...(chosen.values && { values: chosen.values }),
        padTokenId: needPadding(tokenizer),
        train: data.train,
        ...(data.evaluation && { evaluation: data.evaluation }),
        arguments: sftArguments(values),
        progress: loadingLine(context.terminal),
      }),
  });
}

/** Training sequences and held-out ones; what happened to the rows is said. */
async function readData(
  values: Values,
  files: DataFiles,
  tokenizer: Tokenizer,
  { terminal }: Context,
): Promise<{
  train: Dataset['examples'] | ReturnType<typeof streamDataset>;
  evaluation?: Example[];
}> {
  const options = datasetOptions(values);
  const packing = (values.eval_packing ?? values.packing) === true;
  const evaluationOptions: DatasetOptions = { ...options, packing, shuffleDataset: false };
  const share = values.test_split_size as number | null | undefined;
  const wantsEvaluation = values.eval_strategy !== 'no' || values.eval_on_start === true;
  if (values.streaming === true || values.dataset_streaming === true) {
    const held = files.evaluation.length
      ? await prepareDataset(files.evaluation, tokenizer, evaluationOptions)
      : undefined;
    return {
      train: streamDataset(files.train, tokenizer, options),
      ...(held && { evaluation: held.examples }),
    };
  }
  const reading: DatasetOptions = {
    ...options,
    onProgress: (rows) => terminal.progress(`Reading data: ${rows} rows`),
  };
  let train: Dataset;
  let evaluation: Dataset | undefined;
  if (share && files.evaluation.length === 0) {
    const rows: Row[] = [];
    for await (const row of readAllRows(files.train)) rows.push(row);
    const count = share < 1 ? Math.ceil(share * rows.length) : share;
    train = await prepareDataset(rows.slice(0, rows.length - count), tokenizer, reading);
    evaluation = await prepareDataset(
      rows.slice(rows.length - count),
      tokenizer,
      evaluationOptions,
    );
  } else {
    train = await prepareDataset(files.train, tokenizer, reading);
    if (files.evaluation.length > 0) {
      evaluation = await prepareDataset(files.evaluation, tokenizer, evaluationOptions);
    }
  }
  terminal.settle();
  if (wantsEvaluation && !evaluation) {
    throw usageError(
      'missing-key',
      'The recipe evaluates (eval_strategy), but names no held-out rows.',
      'Give --eval_dataset FILE.jsonl, or --test_split_size 0.1.',
    );
  }
  for (const note of reportNotes(train.report, tokenizer, options)) terminal.note(note);
  const { report } = train;
  terminal.note(
    `Data: ${report.rows} rows, ${train.examples.length} sequences, ${report.tokens} tokens, ${report.trainedTokens} of them trained.`,
  );
  return { train: train.examples, ...(evaluation && { evaluation: evaluation.examples }) };
}
