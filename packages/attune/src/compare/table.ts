import { type Curve, curvesOf, type LoggedRun } from './runs.ts';

/** A metric of a run: its first value, and the mean of the last rows. */
export interface Summary {
  readonly first: number;
  readonly last: number;
}

export function summarise({ points }: Curve, window: number): Summary | undefined {
  if (points.length === 0) return undefined;
  const tail = points.slice(-window).map(([, value]) => value);
  return { first: points[0]![1], last: tail.reduce((a, b) => a + b, 0) / tail.length };
}

/** Runs side by side, a line a metric: `first → last`. */
export function table(
  runs: readonly LoggedRun[],
  metrics: readonly string[],
  window: number,
): string {
  const head = ['', ...runs.map(({ name }) => name)];
  const body = metrics.map((metric) => [
    metric,
    ...curvesOf(runs, metric).map((curve) => {
      const found = summarise(curve, window);
      return found ? `${short(found.first)} → ${short(found.last)}` : '-';
    }),
  ]);
  const steps = ['steps', ...runs.map(({ rows }) => String(rows.at(-1)?.step ?? 0))];
  const lines = [head, steps, ...body];
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A number in few characters: 0.6931, 5.00e-6, 12345. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || Number.isInteger(value)) return String(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2);
  return value
    .toPrecision(4)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}
