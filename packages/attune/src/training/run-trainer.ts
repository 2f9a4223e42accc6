import { join } from 'node:path';
import { AttuneError, type Gpu, formatBytes } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import { writeAdapter } from '@attune/peft';
import { type Executor, printMemory, type Trainable } from '@attune/plan';
import {
  diskFolder,
  Progress,
  type ResumePoint,
  RunLog,
  runTraining,
  type SavedTensors,
  type StepReport,
  formatDuration,
  type TrainedTensors,
} from '@attune/trainer';
import type { Context } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { writeWhole } from '../files.ts';
import { writeModelFolder, writeTokenizer } from '../model-folder.ts';
import { openDevice } from '../session.ts';
import { runSchedule } from './arguments.ts';
import { type Checkpoint, checkFits, loadCheckpoint, saveCheckpoint } from './checkpoints.ts';
import type { ChosenMethod } from './method.ts';

/** What the command line needs of a trainer; every trainer has it. */
export interface RunnableTrainer {
  readonly executor: Executor;
  readonly trainable: Trainable;
  readonly totalSteps: number;
  /** Bytes that the longest batch will need, by purpose. */
  account(): Promise<Map<string, number>>;
  restore(tensors: SavedTensors, at: ResumePoint): void;
  steps(): AsyncIterable<StepReport>;
  evaluate(): Promise<Record<string, number>>;
  trained(role?: keyof TrainedTensors): Promise<Map<string, Float32Array>>;
  /** A reference model that changes in the run, by name. */
  reference?(): Promise<Map<string, Float32Array>>;
  destroy(): void;
}

export interface TrainerRun {
  readonly values: Values;
  readonly context: Context;
  readonly model: OpenModel;
  readonly chosen: ChosenMethod;
  /** Whether there are held-out rows. */
  readonly evaluates: boolean;
  /** Makes the trainer; called once data and recipe are known to be good. */
  create(gpu: Gpu): Promise<RunnableTrainer>;
}

/**
 * A training command from the device to the files in `output_dir`: resume, memory preflight, progress,
 * logs, evaluation, checkpoints, the result. The same for every algorithm.
 */
export async function runTrainer(run: TrainerRun): Promise<void> {
  const { values, context, chosen } = run;
  const { terminal } = context;
  const out = String(values.output_dir);
  const earlier = await earlierState(values, out);
  const gpu = await openDevice(values, terminal);
  const trainer = await run.create(gpu);
  terminal.settle();
  if (earlier) {
    checkFits(earlier, trainer.trainable, values, (note) => terminal.note(note));
    trainer.restore(earlier.state, earlier.resume);
  }
  await preflight(trainer, context);
  const schedule = runSchedule(values);
  const record = await RunLog.open(
    await diskFolder(out),
    {
      maxSteps: trainer.totalSteps,
      numTrainEpochs: Number(values.num_train_epochs),
      trainBatchSize: Number(values.per_device_train_batch_size),
      loggingSteps: schedule.loggingSteps,
      saveSteps: schedule.saveSteps,
    },
    earlier?.history,
  );
  const progress = new Progress();
  let last: StepReport | undefined;
  let tokens = earlier?.tokens ?? 0;
  // A resumed run can go on from where it came.
  let saved = earlier?.path ?? '';
  const save = async (report: StepReport) => {
    const state = await savedTensors(trainer);
    const more = adapterFiles(chosen, state.parameters, values);
    const log = new TextEncoder().encode(record.state(report.step, report.epoch));
    const checkpoint = { state, resume: report.resume, tokens, settings: settingsOf(values) };
    const limit = (values.save_total_limit as number | null | undefined) ?? null;
    more.set('trainer_state.json', log);
    saved = await saveCheckpoint(out, checkpoint, more, limit);
    terminal.note(`Checkpoint: ${saved}`);
  };
  try {
    if (values.eval_on_start === true && run.evaluates) {
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
          if (row.eval_loss !== undefined)
            terminal.note(`step ${row.step}: eval_loss ${row.eval_loss.toFixed(4)}`);
        },
        ...(run.evaluates && { evaluate: () => trainer.evaluate() }),
        save,
        stopping: () => context.signal.aborted,
      },
      { tokens },
    );
    terminal.settle();
    if (result.stopped) {
      terminal.out(
        `Stopped after step ${last?.step} of ${trainer.totalSteps}. Go on with --resume_from_checkpoint ${saved}`,
      );
      return;
    }
    await saveResult(out, run, await trainer.trained());
    await record.finish(last?.step ?? earlier?.resume.step ?? 0, last?.epoch ?? 0);
    terminal.out(
      `Done: ${result.steps} steps, ${result.tokens} tokens, mean loss ${result.trainLoss.toFixed(4)}, in ${formatDuration(result.seconds)}. ${leavesModel(chosen) ? 'Model' : 'Adapter'}: ${out}`,
    );
  } catch (error) {
    terminal.settle();
    throw await keepWhatIsGood(error, { save, last, saved: () => saved });
  } finally {
    trainer.destroy();
    gpu.destroy();
  }
}

async function earlierState(values: Values, out: string): Promise<Checkpoint | undefined> {
  const wanted = values.resume_from_checkpoint;
  if (wanted == null || /^false$/i.test(String(wanted))) return undefined;
  return loadCheckpoint(String(wanted), out);
}

/** What must be the same for a resumed run to be the run that was stopped. */
function settingsOf(values: Values): Record<string, unknown> {
  const keys = ['seed', 'data_seed', 'per_device_train_batch_size', 'gradient_accumulation_steps'];
  keys.push('train_sampling_strategy', 'learning_rate', 'max_length', 'packing');
  keys.push(
    'optim',
    'loss_type',
    'beta',
    'num_generations',
    'num_iterations',
    'steps_per_generation',
  );
  keys.push('temperature', 'rollouts');
  return Object.fromEntries(keys.map((key) => [key, values[key] ?? null]));
}

async function savedTensors(trainer: RunnableTrainer): Promise<SavedTensors> {
  const [parameters, m, v, reference] = await Promise.all([
    trainer.trained('parameters'),
    trainer.trained('m'),
    trainer.trained('v'),
    trainer.reference?.(),
  ]);
  return { parameters, m, v, ...(reference && { reference }) };
}

/**
 * After a step that gave no number, the weights of the step before stand: they are saved before the
 * error is told. After the loss of the device nothing can be read any more, and the newest checkpoint counts.
 */
async function keepWhatIsGood(
  error: unknown,
  {
    save,
    last,
    saved,
  }: {
    save(report: StepReport): Promise<void>;
    last: StepReport | undefined;
    saved(): string;
  },
): Promise<unknown> {
  if (!(error instanceof AttuneError)) return error;
  const { code, message, remedy } = error;
  if (code === 'loss-not-finite' && last) {
    const failure = await save(last).catch((cause: unknown) => cause ?? 'unknown');
    if (failure !== undefined) {
      const why = failure instanceof Error ? failure.message : String(failure);
      return new AttuneError(
        code,
        `${message} The state after step ${last.step} could not be saved: ${why}`,
        remedy,
        { cause: error },
      );
    }
    return new AttuneError(
      code,
      `${message} The state after step ${last.step} is in ${saved()}.`,
      `${remedy} Go on with --resume_from_checkpoint ${saved()}`,
      { cause: error },
    );
  }
  if (code === 'device-lost') {
    return new AttuneError(
      code,
      `${message}${last ? ` ${last.step} steps were done.` : ''}`,
      saved()
        ? `Go on with --resume_from_checkpoint ${saved()}`
        : `${remedy} No checkpoint was written: save_strategy and save_steps say when one is.`,
      { cause: error },
    );
  }
  return error;
}

/** What the longest batch will need, against what the machine has. @throws AttuneError `out-of-memory` */
async function preflight(trainer: RunnableTrainer, { terminal, verbose }: Context): Promise<void> {
  const account = await trainer.account();
  const total = [...account.values()].reduce((a, b) => a + b, 0);
  terminal.note(
    verbose
      ? `Memory for the longest batch:\n${printMemory(account)}`
      : `Trains ${trainer.trainable.count} numbers in ${trainer.totalSteps} steps; needs ${formatBytes(total)}.`,
  );
  const limit = memoryLimit(trainer.executor.gpu);
  const resident = total - (account.get('activations') ?? 0);
  if (total <= limit.total && total - resident <= limit.left) return;
  throw new AttuneError(
    'out-of-memory',
    `The longest batch needs ${formatBytes(total)}, ${formatBytes(total - resident)} of it for activations; ${limit.name} has ${formatBytes(Math.min(limit.total, resident + limit.left))}.`,
    'Lower per_device_train_batch_size or max_length, or turn on gradient_checkpointing.',
  );
}

/**
 * Bytes that there are: ATTUNE_MEMORY_LIMIT where it is set; what the system still has, where the
 * "GPU" computes in it. What hardware has WebGPU does not tell.
 */
function memoryLimit({ traits }: Gpu): { name: string; total: number; left: number } {
  const set = Number(process.env.ATTUNE_MEMORY_LIMIT);
  if (set > 0) return { name: 'ATTUNE_MEMORY_LIMIT', total: set, left: Number.POSITIVE_INFINITY };
  const left = traits.software ? process.availableMemory?.() : undefined;
  const none = Number.POSITIVE_INFINITY;
  return { name: 'this machine', total: none, left: left ?? none };
}

function adapterFiles(
  { method, adapterConfig }: ChosenMethod,
  trained: ReadonlyMap<string, Float32Array>,
  values: Values,
): Map<string, Uint8Array> {
  if (method.kind === 'FULL') return new Map();
  return writeAdapter(method, trained, {
    baseModel: String(values.model_name_or_path),
    ...(adapterConfig && { base: adapterConfig }),
  });
}

const leavesModel = ({ method }: ChosenMethod) => /^(FULL|BITFIT)$/.test(method.kind);

/** What TRL's save_model leaves: the adapter, or the model, with the tokenizer. */
async function saveResult(
  out: string,
  { chosen, values, model }: TrainerRun,
  trained: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  for (const [name, bytes] of adapterFiles(chosen, trained, values)) {
    await writeWhole(join(out, name), bytes);
  }
  // Changed biases are the model's own: it is saved whole, as TRL does.
  if (!leavesModel(chosen)) return writeTokenizer(out, model);
  const float32 = async (name: string) =>
    (trained.get(name) ?? (await model.weights.float32(name))) as Float32Array<ArrayBuffer>;
  await writeModelFolder(out, model, { float32 });
}
