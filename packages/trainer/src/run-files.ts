import { AttuneError } from '@attune/gpu';
import type { Trainable } from '@attune/plan';
import {
  checkFits,
  type LoadedCheckpoint,
  loadCheckpointState,
  saveCheckpointState,
} from './checkpoint-state.ts';
import type { TrainingSettings } from './config/training.config.ts';
import type { OutputFolder } from './folder.ts';
import { memoryFolder } from './folder.ts';
import type { StepReport } from './loop.ts';
import { writeModelFolder, writeTokenizer } from './model-folder.ts';
import type { LogRow } from './run.ts';
import { RunLog } from './run-log.ts';
import type { RunOutput, TrainerSetup } from './setup.ts';
import type { SavedTensors } from './tuned-model.ts';

/** What the files of a run ask of its trainer. */
interface Saving {
  readonly totalSteps: number;
  readonly trainable: Trainable;
  savedTensors(): Promise<SavedTensors>;
}

/** What a run leaves while it goes on: logs and checkpoints in its output; nothing where it has none. */
export class RunFiles {
  /** The checkpoint that the run goes on from. */
  readonly earlier: LoadedCheckpoint | undefined;
  readonly #setup: TrainerSetup;
  readonly #trainer: Saving;
  readonly #output: RunOutput | undefined;
  readonly #record: RunLog;
  #tokens: number;
  /** The newest checkpoint: a run can go on from where it came. */
  #saved: string;

  private constructor(
    setup: TrainerSetup,
    trainer: Saving,
    record: RunLog,
    earlier: LoadedCheckpoint | undefined,
  ) {
    this.#setup = setup;
    this.#trainer = trainer;
    this.#output = setup.output;
    this.#record = record;
    this.earlier = earlier;
    this.#tokens = earlier?.tokens ?? 0;
    this.#saved = earlier?.path ?? '';
  }

  /**
   * Reads the checkpoint to go on from, if there is one, and starts the log.
   * @throws AttuneError `checkpoint-missing`, `checkpoint-corrupt`, `checkpoint-mismatch`
   */
  static async open(setup: TrainerSetup, trainer: Saving): Promise<RunFiles> {
    const args = setup.args as unknown as TrainingSettings;
    const output = setup.output ?? { folder: memoryFolder(), name: 'the output folder' };
    const wanted = args.resumeFromCheckpoint;
    let earlier: LoadedCheckpoint | undefined;
    if (wanted != null && !/^false$/i.test(wanted)) {
      earlier = await loadCheckpointState(wanted, output);
      checkFits(earlier, trainer.trainable, setup.settings, setup.log);
    }
    const facts = {
      maxSteps: trainer.totalSteps,
      numTrainEpochs: args.numTrainEpochs,
      trainBatchSize: args.perDeviceTrainBatchSize,
      loggingSteps: args.loggingSteps,
      saveSteps: args.saveSteps,
    };
    const events = args.reportTo.some((name) => name !== 'none');
    const record = await RunLog.open(output.folder, facts, { history: earlier?.history, events });
    return new RunFiles(setup, trainer, record, earlier);
  }

  log(row: LogRow): Promise<void> {
    return this.#record.row(row);
  }

  count({ tokens }: StepReport): void {
    this.#tokens += tokens;
  }

  /** Writes `checkpoint-N`; resolves to where it lies, or to nothing without an output. */
  async save(report: StepReport): Promise<string | undefined> {
    const output = this.#output;
    if (!output) return undefined;
    const args = this.#setup.args as unknown as TrainingSettings;
    const tensors = await this.#trainer.savedTensors();
    const more = adapterFiles(this.#setup, tensors.parameters);
    const state = this.#record.state(report.step, report.epoch);
    more.set('trainer_state.json', new TextEncoder().encode(state));
    const checkpoint = {
      tensors,
      resume: report.resume,
      tokens: this.#tokens,
      settings: this.#setup.settings,
    };
    const name = await saveCheckpointState(output.folder, checkpoint, more, args.saveTotalLimit);
    this.#saved = `${output.name}/${name}`;
    this.#setup.log(`Checkpoint: ${this.#saved}`);
    return this.#saved;
  }

  /** Writes `trainer_state.json` at the end of a run. */
  async finish(last: StepReport | undefined): Promise<void> {
    await this.#record.finish(last?.step ?? this.earlier?.resume.step ?? 0, last?.epoch ?? 0);
  }

  /**
   * After a step that gave no number, the weights of the step before stand: they are saved before the
   * error is thrown. After the loss of the device nothing can be read any more, and the newest checkpoint counts.
   */
  async keepWhatIsGood(error: unknown, last: StepReport | undefined): Promise<unknown> {
    if (!(error instanceof AttuneError)) return error;
    const { code, message, remedy } = error;
    const again = (more: string, how: string) =>
      new AttuneError(code, `${message}${more}`, how, { cause: error });
    if (code === 'loss-not-finite' && last && this.#output) {
      const failure = await this.save(last).then(
        () => undefined,
        (cause: unknown) => cause ?? 'unknown',
      );
      if (failure !== undefined) {
        const why = failure instanceof Error ? failure.message : String(failure);
        return again(` The state after step ${last.step} could not be saved: ${why}`, remedy);
      }
      return again(
        ` The state after step ${last.step} is in ${this.#saved}.`,
        `${remedy} Go on with --resume_from_checkpoint ${this.#saved}`,
      );
    }
    if (code === 'device-lost') {
      return again(
        last ? ` ${last.step} steps were done.` : '',
        this.#saved
          ? `Go on with --resume_from_checkpoint ${this.#saved}`
          : `${remedy} No checkpoint was written: save_strategy and save_steps say when one is.`,
      );
    }
    return error;
  }
}

/** The files of what trains beside the model; none where the model's own weights are all that trains. */
function adapterFiles(
  { chosen: { method, adapterConfig }, modelName }: TrainerSetup,
  trained: ReadonlyMap<string, Float32Array>,
): Map<string, Uint8Array> {
  return method.save(trained, {
    baseModel: modelName,
    ...(adapterConfig && { base: adapterConfig }),
  });
}

/** What TRL's save_model leaves: the adapter, or the model, with the tokenizer. */
export async function writeResult(
  folder: OutputFolder,
  setup: TrainerSetup,
  trained: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  const { model } = setup;
  for (const [name, bytes] of adapterFiles(setup, trained)) await folder.write(name, bytes);
  // Changed biases are the model's own: it is saved whole, as TRL does.
  if (setup.chosen.method.leaves === 'adapter') return writeTokenizer(folder, model);
  const float32 = async (name: string) =>
    (trained.get(name) ?? (await model.weights.float32(name))) as Float32Array<ArrayBuffer>;
  await writeModelFolder(folder, model, { weights: { float32 } });
}
