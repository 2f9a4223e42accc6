import { eventFileHeader, eventRecord } from './events.ts';
import type { OutputFolder } from './folder.ts';
import type { LogRow } from './run.ts';

/** What transformers' `trainer_state.json` holds besides the log. */
export interface RunFacts {
  readonly maxSteps: number;
  readonly numTrainEpochs: number;
  readonly trainBatchSize: number;
  readonly loggingSteps: number;
  readonly saveSteps: number;
}

/**
 * The files that a run leaves for people and tools: `metrics.jsonl` (a row a log), an event file
 * for TensorBoard, and `trainer_state.json` with the same rows as `log_history`.
 */
export class RunLog {
  readonly history: LogRow[];
  readonly #folder: OutputFolder;
  readonly #facts: RunFacts;
  readonly #events: string | undefined;

  private constructor(folder: OutputFolder, facts: RunFacts, history: LogRow[], events?: string) {
    this.#folder = folder;
    this.#facts = facts;
    this.history = history;
    this.#events = events;
  }

  /**
   * Starts the files anew; `history` holds the rows up to where a resumed run goes on. Without `events` no file for
   * TensorBoard is written.
   */
  static async open(
    folder: OutputFolder,
    facts: RunFacts,
    {
      history = [],
      events = true,
    }: { history?: readonly LogRow[] | undefined; events?: boolean } = {},
  ): Promise<RunLog> {
    const now = Date.now() / 1000;
    await folder.write('metrics.jsonl', history.map((row) => `${JSON.stringify(row)}\n`).join(''));
    if (!events) return new RunLog(folder, facts, [...history]);
    const file = `events.out.tfevents.${Math.floor(now)}.attune`;
    await folder.write(file, eventFileHeader(now));
    return new RunLog(folder, facts, [...history], file);
  }

  async row(row: LogRow): Promise<void> {
    this.history.push(row);
    await this.#folder.append('metrics.jsonl', `${JSON.stringify(row)}\n`);
    if (this.#events === undefined) return;
    const { step, ...scalars } = row;
    const tagged = Object.entries(scalars).map(([name, value]) => [
      name.startsWith('eval_') ? `eval/${name.slice(5)}` : `train/${name}`,
      value,
    ]);
    const record = eventRecord(Date.now() / 1000, step ?? 0, Object.fromEntries(tagged));
    await this.#folder.append(this.#events, record);
  }

  /** `trainer_state.json` as transformers writes it. */
  state(step: number, epoch: number): string {
    const { maxSteps, numTrainEpochs, trainBatchSize, loggingSteps, saveSteps } = this.#facts;
    const state = {
      best_global_step: null,
      best_metric: null,
      best_model_checkpoint: null,
      epoch,
      eval_steps: null,
      global_step: step,
      is_hyper_param_search: false,
      is_local_process_zero: true,
      is_world_process_zero: true,
      log_history: this.history,
      logging_steps: loggingSteps,
      max_steps: maxSteps,
      num_train_epochs: numTrainEpochs,
      save_steps: saveSteps,
      train_batch_size: trainBatchSize,
      trial_name: null,
      trial_params: null,
    };
    return `${JSON.stringify(state, null, 2)}\n`;
  }

  async finish(step: number, epoch: number): Promise<void> {
    await this.#folder.write('trainer_state.json', this.state(step, epoch));
  }
}
