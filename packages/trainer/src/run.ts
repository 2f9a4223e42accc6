import type { TrainingSettings } from './config/training.config.ts';
import type { StepReport } from './loop.ts';
import { Means } from './means.ts';

/** When a run logs, evaluates and saves: the keys of transformers' TrainingArguments. */
export type RunSchedule = Pick<
  TrainingSettings,
  | 'loggingSteps'
  | 'loggingFirstStep'
  | 'loggingStrategy'
  | 'evalStrategy'
  | 'evalSteps'
  | 'saveStrategy'
  | 'saveSteps'
>;

/** One logged step (or evaluation): TRL's keys, in TRL's order. */
export type LogRow = Readonly<Record<string, number>>;

/** What happens around the steps; all are awaited in turn. */
export interface RunHooks {
  step?(report: StepReport): void | Promise<void>;
  log(row: LogRow): void | Promise<void>;
  evaluate?(): Promise<Record<string, number>>;
  /** Writes a checkpoint of the state after `report`. */
  save?(report: StepReport): Promise<void>;
  /** True once the user asked to stop: the run saves and ends after the step. */
  stopping?(): boolean;
}

export interface RunResult {
  readonly steps: number;
  readonly stopped: boolean;
  /** Mean loss over all steps of this run. */
  readonly trainLoss: number;
  readonly seconds: number;
  readonly tokens: number;
}

/** Means since the last log, as transformers and TRL keep them. */
class Window {
  readonly #losses = new Means();
  readonly #metrics = new Means();

  add({ loss, metrics }: StepReport): void {
    this.#losses.add({ loss });
    this.#metrics.add(metrics);
  }

  take(report: StepReport, tokens: number): LogRow {
    return {
      ...this.#losses.take(),
      grad_norm: report.gradNorm,
      learning_rate: report.learningRate,
      // A metric that some steps lack (none of a kind of row was there) is the mean of the others.
      ...this.#metrics.take(),
      num_tokens: tokens,
      epoch: report.epoch,
      step: report.step,
    };
  }
}

/**
 * Runs a trainer's steps, logging, evaluating and saving on schedule, and yields each step once that is done. `tokens`
 * counts from where a resumed run stood.
 */
export async function* scheduled(
  steps: AsyncIterable<StepReport>,
  schedule: RunSchedule,
  hooks: RunHooks,
  { tokens = 0 }: { tokens?: number } = {},
): AsyncGenerator<StepReport, RunResult> {
  const window = new Window();
  const started = performance.now();
  let losses = 0;
  let count = 0;
  let seen = tokens;
  let last: StepReport | undefined;
  let saved = 0;
  let stopped = false;
  const due = (strategy: 'no' | 'steps' | 'epoch', every: number, report: StepReport) =>
    strategy === 'steps'
      ? report.step % Math.max(1, Math.round(every)) === 0
      : strategy === 'epoch' && report.resume.next.index === 0;
  const share = (every: number, total: number) => (every < 1 ? Math.ceil(every * total) : every);
  for await (const report of steps) {
    last = report;
    count++;
    losses += report.loss;
    seen += report.tokens;
    window.add(report);
    await hooks.step?.(report);
    const { totalSteps } = report;
    if (schedule.loggingStrategy === 'steps') {
      const first = report.step === 1 && schedule.loggingFirstStep;
      const logging = share(schedule.loggingSteps, totalSteps);
      if (first || due('steps', logging, report)) await hooks.log(window.take(report, seen));
    }
    if (hooks.evaluate) {
      const every = share(schedule.evalSteps ?? schedule.loggingSteps, totalSteps);
      if (due(schedule.evalStrategy, every, report)) {
        const metrics = await hooks.evaluate();
        await hooks.log({ ...metrics, epoch: report.epoch, step: report.step });
      }
    }
    if (due(schedule.saveStrategy, share(schedule.saveSteps, totalSteps), report)) {
      await hooks.save?.(report);
      saved = report.step;
    }
    yield report;
    // Asked after whoever reads the steps had its turn.
    stopped = hooks.stopping?.() ?? false;
    if (!stopped) continue;
    if (saved !== report.step) await hooks.save?.(report);
    break;
  }
  // transformers saves once more at the end of a run that saves at all.
  if (last && !stopped && schedule.saveStrategy !== 'no' && saved !== last.step) {
    await hooks.save?.(last);
  }
  return {
    steps: count,
    stopped,
    trainLoss: losses / Math.max(1, count),
    seconds: (performance.now() - started) / 1000,
    tokens: seen,
  };
}
