import { basename, join } from 'node:path';
import { AttuneError } from '@attune/gpu';
import { freshWeights, type WeightSource } from '@attune/model';
import { writeAdapter } from '@attune/peft';
import { printAccount } from '@attune/plan';
import { SFTTrainer } from '@attune/sft';
import {
  diskFolder,
  Progress,
  RunLog,
  runTraining,
  type StepReport,
  sparkline,
  spokenSeconds,
  writeCheckpoint,
} from '@attune/trainer';
import type { Context } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { writeModelFolder, writeTokenizer } from '../model-folder.ts';
import { findModel, loadingLine, needPadding, openDevice, tokenizerOf } from '../session.ts';
import { runSchedule, sftArguments } from './arguments.ts';
import { checkpointParts, resume } from './checkpoints.ts';
import { trainingData } from './dataset.ts';
import { type ChosenMethod, chooseMethod } from './method.ts';

/** Everything of one run of `sft` or `pretrain`, from recipe to files. */
export async function runSft(values: Values, context: Context): Promise<void> {
  const { terminal, signal } = context;
  const model = await findModel(values, terminal);
  const tokenizer = tokenizerOf(model);
  const chosen = await chooseMethod(values, model);
  const data = await trainingData(values, tokenizer, terminal, signal);
  const args = sftArguments(values);
  const scratch = values.from_scratch === true;
  const weights = scratch ? freshWeights(model.config, args.seed) : model.weights;
  const gpu = await openDevice(values, terminal);
  const trainer = await SFTTrainer.create({
    gpu,
    config: model.config,
    weights,
    method: chosen.method,
    ...(chosen.values && { values: chosen.values }),
    padTokenId: needPadding(tokenizer),
    train: data.train,
    evaluation: data.evaluation,
    arguments: args,
    progress: loadingLine(terminal),
  });
  terminal.settle();
  terminal.note(
    `${chosen.method.kind === 'FULL' ? 'All parameters train' : 'LoRA trains'}: ${trainer.trainable.count.toLocaleString('en')} numbers, ${trainer.totalSteps} steps.`,
  );
  terminal.note(`Memory for the longest batch:\n${printAccount(await trainer.account())}`);

  const out = String(values.output_dir);
  const output = await diskFolder(out);
  const resumed = await resume(trainer, values, output);
  if (resumed) terminal.note(`Going on from ${resumed.from}, after step ${resumed.at.step}.`);
  const schedule = runSchedule(values);
  const facts = {
    maxSteps: trainer.totalSteps,
    numTrainEpochs: args.numTrainEpochs,
    trainBatchSize: args.perDeviceTrainBatchSize,
    loggingSteps: schedule.loggingSteps,
    saveSteps: schedule.saveSteps,
  };
  const log = await RunLog.open(output, facts, resumed?.history ?? []);
  const progress = new Progress();
  let seen = resumed?.tokens ?? 0;
  let last: StepReport | undefined;
  const result = await (async () => {
    try {
      return await runTraining(
        trainer.steps(),
        schedule,
        {
          stepped(report) {
            last = report;
            seen += report.tokens;
            terminal.progress(progress.line(report));
          },
          logged: (row) => log.row(row),
          ...(data.evaluation.length > 0 && { evaluate: () => trainer.evaluate() }),
          async save(report) {
            const parts = await checkpointParts(trainer, report, seen);
            const state = log.state(report.step, report.epoch);
            parts.set('trainer_state.json', new TextEncoder().encode(state));
            const limit = values.save_total_limit == null ? null : Number(values.save_total_limit);
            const name = await writeCheckpoint(output, report.step, parts, limit);
            if (signal.aborted)
              terminal.note(`Saved ${join(out, name)}; go on with --resume_from_checkpoint true.`);
          },
          stopping: () => signal.aborted,
        },
        { tokens: seen },
      );
    } catch (error) {
      if (last) await log.finish(last.step, last.epoch);
      throw await keepWhatIsGood(error, { trainer, last, seen, log, output, out });
    }
  })();
  terminal.settle();
  await saveResult(out, values, trainer, chosen, model, weights);
  await log.finish(last?.step ?? resumed?.at.step ?? 0, last?.epoch ?? 0);
  if (progress.losses.length > 1) terminal.note(`loss ${sparkline(progress.losses)}`);
  terminal.note(
    `${result.stopped ? 'Stopped' : 'Done'} after ${result.steps} steps in ${spokenSeconds(result.seconds)}: mean loss ${result.trainLoss.toFixed(4)}. ${basename(out)} holds the ${chosen.lora ? 'adapter' : 'model'}: ${out}`,
  );
  trainer.destroy();
  gpu.destroy();
}

/** After a step that gave no number the weights are still good: they are saved before the error is told. */
async function keepWhatIsGood(
  error: unknown,
  {
    trainer,
    last,
    seen,
    log,
    output,
    out,
  }: {
    trainer: SFTTrainer;
    last: StepReport | undefined;
    seen: number;
    log: RunLog;
    output: Awaited<ReturnType<typeof diskFolder>>;
    out: string;
  },
): Promise<unknown> {
  if (!(error instanceof AttuneError) || error.code !== 'loss-not-finite' || !last) return error;
  const parts = await checkpointParts(trainer, last, seen);
  parts.set('trainer_state.json', new TextEncoder().encode(log.state(last.step, last.epoch)));
  const name = await writeCheckpoint(output, last.step, parts);
  return new AttuneError(
    error.code,
    `${error.message} The state after step ${last.step} is in ${join(out, name)}.`,
    error.remedy,
    { cause: error },
  );
}

/** What TRL's `save_model` leaves: the adapter, or the whole model, with the tokenizer. */
async function saveResult(
  out: string,
  values: Values,
  trainer: SFTTrainer,
  { lora, adapterConfig }: ChosenMethod,
  model: Awaited<ReturnType<typeof findModel>>,
  weights: WeightSource,
): Promise<void> {
  const trained = await trainer.trained();
  if (!lora) {
    const source = {
      has: (name: string) => trained.has(name) || weights.has(name),
      float32: async (name: string) =>
        new Float32Array(trained.get(name) ?? (await weights.float32(name))),
    };
    await writeModelFolder(out, model, source);
    return;
  }
  const output = await diskFolder(out);
  const files = writeAdapter(lora, trained, {
    baseModel: String(values.model_name_or_path),
    ...(adapterConfig && { base: adapterConfig }),
  });
  for (const [file, content] of files) await output.write(file, content);
  await writeTokenizer(out, model);
}
