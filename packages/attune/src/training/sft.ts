import { join } from 'node:path';
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
import { AttuneError, spokenBytes } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import { writeAdapter } from '@attune/peft';
import { printAccount } from '@attune/plan';
import { SFTTrainer } from '@attune/sft';
import type { Tokenizer } from '@attune/tokenizer';
import {
  diskFolder,
  Progress,
  RunLog,
  runTraining,
  type StepReport,
  spokenSeconds,
} from '@attune/trainer';
import type { Context } from '../command-line/command.ts';
import { usageError, type Values } from '../command-line/option.ts';
import { writeWhole } from '../files.ts';
import { writeModelFolder, writeTokenizer } from '../model-folder.ts';
import { loadingLine, needPadding, openDevice, tokenizerOf } from '../session.ts';
import { datasetOptions, runSchedule, sftArguments } from './arguments.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoints.ts';
import { type ChosenMethod, chooseMethod } from './method.ts';
import { type DataFiles, dataFiles } from './sources.ts';

/** Runs a recipe of SFT or pretraining on an opened model, and leaves the result in `output_dir`. */
export async function trainSft(values: Values, model: OpenModel, context: Context): Promise<void> {
  const { terminal, signal } = context;
  const out = String(values.output_dir);
  const resuming = values.resume_from_checkpoint;
  const earlier =
    resuming == null || /^false$/i.test(String(resuming))
      ? undefined
      : await loadCheckpoint(String(resuming), out);
  const files = dataFiles(values);
  const chosen = await chooseMethod(values, model);
  const tokenizer = tokenizerOf(model);
  const data = await readData(values, files, tokenizer, context);
  const gpu = await openDevice(values, terminal);
  const args = sftArguments(values);
  const trainer = await SFTTrainer.create({
    gpu,
    config: model.config,
    weights: model.weights,
    method: chosen.method,
    ...(chosen.values && { values: chosen.values }),
    padTokenId: needPadding(tokenizer),
    train: data.train,
    ...(data.evaluation && { evaluation: data.evaluation }),
    arguments: args,
    progress: loadingLine(terminal),
  });
  terminal.settle();
  if (earlier) trainer.restore(earlier.state, earlier.resume);
  await preflight(trainer, context);

  const schedule = runSchedule(values);
  const facts = {
    maxSteps: trainer.totalSteps,
    numTrainEpochs: args.numTrainEpochs,
    trainBatchSize: args.perDeviceTrainBatchSize,
    loggingSteps: schedule.loggingSteps,
    saveSteps: schedule.saveSteps,
  };
  const record = await RunLog.open(await diskFolder(out), facts, earlier?.history);
  const progress = new Progress();
  const from = earlier?.resume.step ?? 0;
  let last: StepReport | undefined;
  let tokens = earlier?.tokens ?? 0;
  let saved = '';
  const saveAt = async (report: StepReport) => {
    const [parameters, m, v] = await Promise.all([
      trainer.trained('parameters'),
      trainer.trained('m'),
      trainer.trained('v'),
    ]);
    const state = new TextEncoder().encode(record.state(report.step, report.epoch));
    const more = new Map<string, Uint8Array>([['trainer_state.json', state]]);
    for (const [name, bytes] of adapterFiles(chosen, parameters, values)) more.set(name, bytes);
    saved = await saveCheckpoint(
      out,
      { state: { parameters, m, v }, resume: report.resume, tokens },
      more,
      (values.save_total_limit as number | null | undefined) ?? null,
    );
    terminal.note(`Checkpoint: ${saved}`);
  };
  if (values.eval_on_start === true && data.evaluation) {
    await record.row({ ...(await trainer.evaluate()), epoch: 0, step: 0 });
  }
  const result = await runTraining(
    trainer.steps(),
    schedule,
    {
      stepped(report) {
        last = report;
        tokens += report.tokens;
        terminal.progress(progress.line(report));
      },
      async logged(row) {
        await record.row(row);
        if ('eval_loss' in row)
          terminal.note(`step ${row.step}: eval_loss ${row.eval_loss!.toFixed(4)}`);
      },
      ...(data.evaluation && { evaluate: () => trainer.evaluate() }),
      save: saveAt,
      stopping: () => signal.aborted,
    },
    { tokens },
  );
  terminal.settle();
  if (result.stopped) {
    terminal.out(
      `Stopped after step ${last?.step} of ${trainer.totalSteps}. Go on with --resume_from_checkpoint ${saved}`,
    );
  } else {
    await saveResult(out, { model, chosen, values, trained: await trainer.trained() });
    await record.finish(last?.step ?? from, last?.epoch ?? 0);
    terminal.out(
      `Done: ${result.steps} steps, ${result.tokens} tokens, mean loss ${result.trainLoss.toFixed(4)}, in ${spokenSeconds(result.seconds)}. ${chosen.lora ? 'Adapter' : 'Model'}: ${out}`,
    );
  }
  trainer.destroy();
  gpu.destroy();
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

/** What the longest batch will need, against what the machine has. @throws AttuneError `out-of-memory` */
async function preflight(trainer: SFTTrainer, { terminal, verbose }: Context): Promise<void> {
  const account = await trainer.account();
  const total = [...account.values()].reduce((a, b) => a + b, 0);
  terminal.note(
    verbose
      ? `Memory for the longest batch:\n${printAccount(account)}`
      : `Trains ${trainer.trainable.count} numbers in ${trainer.totalSteps} steps; needs ${spokenBytes(total)}.`,
  );
  const { gpu } = trainer.executor;
  if (!gpu.traits.software) return;
  const left = process.availableMemory?.() ?? Number.POSITIVE_INFINITY;
  const wanted = account.get('activations') ?? 0;
  if (wanted <= left) return;
  throw new AttuneError(
    'out-of-memory',
    `The longest batch needs ${spokenBytes(wanted)} for activations; this machine has ${spokenBytes(left)} left.`,
    'Lower per_device_train_batch_size or max_length, or turn on gradient_checkpointing.',
  );
}

function adapterFiles(
  { lora, adapterConfig }: ChosenMethod,
  trained: ReadonlyMap<string, Float32Array>,
  values: Values,
): ReadonlyMap<string, Uint8Array> {
  if (!lora) return new Map();
  return writeAdapter(lora, trained, {
    baseModel: String(values.model_name_or_path),
    ...(adapterConfig && { base: adapterConfig }),
  });
}

/** What TRL's save_model leaves: the adapter, or the model, with the tokenizer. */
async function saveResult(
  out: string,
  {
    model,
    chosen,
    values,
    trained,
  }: {
    model: OpenModel;
    chosen: ChosenMethod;
    values: Values;
    trained: ReadonlyMap<string, Float32Array>;
  },
): Promise<void> {
  if (chosen.lora) {
    for (const [name, bytes] of adapterFiles(chosen, trained, values)) {
      await writeWhole(join(out, name), bytes);
    }
    await writeTokenizer(out, model);
    return;
  }
  const float32 = async (name: string) =>
    (trained.get(name) ?? (await model.weights.float32(name))) as Float32Array<ArrayBuffer>;
  await writeModelFolder(out, model, { float32 });
}
