import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AttuneError } from '@attune/gpu';

/** A run as its log tells it. */
export interface LoggedRun {
  /** The folder's name, or as much of its path as tells it from the others. */
  readonly name: string;
  readonly rows: readonly Readonly<Record<string, number>>[];
}

/** One metric over the steps of a run. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [step: number, value: number])[];
}

/**
 * The logs of finished or running runs: `metrics.jsonl`, or the `trainer_state.json` of transformers
 * and TRL, in each folder.
 * @throws AttuneError `run-missing`, `run-broken`
 */
export async function readRuns(paths: readonly string[]): Promise<LoggedRun[]> {
  const names = distinctNames(paths);
  return Promise.all(paths.map(async (path, i) => ({ name: names[i]!, rows: await rowsOf(path) })));
}

async function rowsOf(path: string): Promise<LoggedRun['rows']> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => undefined,
  );
  const candidates = isFolder
    ? ['metrics.jsonl', 'trainer_state.json'].map((file) => join(path, file))
    : [path];
  for (const file of candidates) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return parse(text, file);
  }
  throw new AttuneError(
    'run-missing',
    isFolder === undefined
      ? `${path} does not exist.`
      : `${path} holds neither metrics.jsonl nor trainer_state.json.`,
    'Name the output_dir of a run.',
  );
}

function parse(text: string, file: string): LoggedRun['rows'] {
  try {
    const rows = file.endsWith('.json')
      ? JSON.parse(text).log_history
      : text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line) => JSON.parse(line));
    if (Array.isArray(rows) && rows.every((row) => typeof row?.step === 'number')) return rows;
  } catch {
    // Told below.
  }
  throw new AttuneError(
    'run-broken',
    `${file} is not the log of a run.`,
    'Name the output_dir of a run: its metrics.jsonl has a JSON object with a step in each line.',
  );
}

/** The curves of a metric, a run each; runs without it have no points. */
export function curvesOf(runs: readonly LoggedRun[], metric: string): Curve[] {
  return runs.map(({ name, rows }) => ({
    name,
    points: rows
      .filter((row) => typeof row[metric] === 'number')
      .map((row) => [row.step!, row[metric]!] as const),
  }));
}

/** Metrics that any run logs, those of most runs first, in the order of the logs. */
export function metricsOf(runs: readonly LoggedRun[]): string[] {
  const counts = new Map<string, number>();
  for (const { rows } of runs) {
    const own = new Set(rows.flatMap((row) => Object.keys(row)));
    for (const key of ['step', 'epoch']) own.delete(key);
    for (const key of own) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([key]) => key);
}

/** The last parts of paths, as many as make them differ. */
function distinctNames(paths: readonly string[]): string[] {
  const whole = paths.map((path) => resolve(path).split(/[\\/]/));
  const longest = Math.max(...whole.map((parts) => parts.length));
  for (let count = 1; count <= longest; count++) {
    const names = whole.map((parts) => parts.slice(-count).join('/'));
    if (new Set(names).size === names.length) return names;
  }
  return paths.map((path, i) => `${basename(path)} (${i + 1})`);
}
