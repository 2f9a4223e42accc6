import type { StepReport } from './loop.ts';

/** Seconds as people say them: 42 s, 3 min 5 s, 2 h 10 min. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** One line about where a run stands, from its reports: step, loss, rate of tokens, time left. */
export class Progress {
  readonly #recent: StepReport[] = [];
  readonly losses: number[] = [];

  line(report: StepReport): string {
    this.losses.push(report.loss);
    this.#recent.push(report);
    if (this.#recent.length > 20) this.#recent.shift();
    const seconds = this.#recent.reduce((sum, { seconds }) => sum + seconds, 0);
    const tokens = this.#recent.reduce((sum, { tokens }) => sum + tokens, 0);
    const left = ((report.totalSteps - report.step) * seconds) / this.#recent.length;
    return [
      `step ${report.step}/${report.totalSteps}`,
      `loss ${report.loss.toFixed(4)}`,
      `grad norm ${report.gradNorm.toPrecision(3)}`,
      `rate ${report.learningRate.toExponential(1)}`,
      `${Math.round(tokens / Math.max(seconds, 1e-9))} tokens/s`,
      `${formatDuration(left)} left`,
    ].join('  ');
  }
}

/** A curve in one line of block characters; `values` are averaged into `width` columns. */
export function sparkline(values: readonly number[], width = 40): string {
  const columns = Math.min(width, values.length);
  const means = Array.from({ length: columns }, (_, i) => {
    const from = Math.floor((i * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / columns));
    return values.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const blocks = '▁▂▃▄▅▆▇█';
  return means.map((mean) => blocks[Math.round(((mean - low) / (high - low || 1)) * 7)]).join('');
}
