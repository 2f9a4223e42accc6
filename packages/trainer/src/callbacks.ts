import type { StepReport } from './loop.ts';
import type { LogRow } from './run.ts';

/** What a trainer calls while it trains; each is awaited. */
export interface TrainerCallbacks {
  /** After every optimizer step. */
  onStep?(report: StepReport): void | Promise<void>;
  /** A row of the log, of training or of evaluation, by TRL's names. */
  onLog?(row: LogRow): void | Promise<void>;
  /** A checkpoint was written; `path` is where it lies. */
  onSave?(path: string, report: StepReport): void | Promise<void>;
}
