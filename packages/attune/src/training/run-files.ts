import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogRow } from '@attune/trainer';
import { writeWhole } from '../files.ts';

/** trainer_state.json's fields that do not come from the log. */
export interface RunFacts {
  readonly maxSteps: number;
  readonly numTrainEpochs: number;
  readonly trainBatchSize: number;
  readonly loggingSteps: number;
  readonly saveSteps: number;
  readonly evalSteps: number;
}

/** metrics.jsonl and trainer_state.json of a run, in transformers' words. */
export class RunFiles {
  readonly #folder: string;
  readonly #facts: RunFacts;
  readonly history: Record<string, number>[] = [];

  constructor(folder: string, facts: RunFacts) {
    this.#folder = folder;
    this.#facts = facts;
  }

  /** Begins metrics.jsonl anew with the rows of the run that this one goes on from. */
  async begin(earlier: readonly Record<string, number>[] = []): Promise<void> {
    this.history.push(...earlier);
    await writeWhole(
      join(this.#folder, 'metrics.jsonl'),
      this.history.map((row) => `${JSON.stringify(row)}\n`).join(''),
    );
  }

  async add(row: LogRow): Promise<void> {
    this.history.push({ ...row });
    await appendFile(join(this.#folder, 'metrics.jsonl'), `${JSON.stringify(row)}\n`);
  }

  state(step: number, epoch: number): string {
    const facts = this.#facts;
    return `${JSON.stringify(
      {
        best_global_step: null,
        best_metric: null,
        best_model_checkpoint: null,
        epoch,
        eval_steps: facts.evalSteps,
        global_step: step,
        is_hyper_param_search: false,
        is_local_process_zero: true,
        is_world_process_zero: true,
        log_history: this.history,
        logging_steps: facts.loggingSteps,
        max_steps: facts.maxSteps,
        num_train_epochs: facts.numTrainEpochs,
        save_steps: facts.saveSteps,
        train_batch_size: facts.trainBatchSize,
        trial_name: null,
        trial_params: null,
      },
      null,
      2,
    )}\n`;
  }

  async end(step: number, epoch: number): Promise<void> {
    await writeWhole(join(this.#folder, 'trainer_state.json'), this.state(step, epoch));
  }
}
