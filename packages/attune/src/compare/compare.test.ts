import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { main } from '../cli.ts';
import { terminalPlot } from './plot.ts';
import { curvesOf, metricsOf, readRuns } from './runs.ts';
import { short, table } from './table.ts';

const scratch = mkdtempSync(join(tmpdir(), 'attune-compare-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function run(name: string, rows: object[], file = 'metrics.jsonl'): string {
  const folder = join(scratch, name);
  mkdirSync(folder, { recursive: true });
  const text = file.endsWith('.json')
    ? JSON.stringify({ log_history: rows })
    : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(join(folder, file), text);
  return folder;
}

const falling = run(
  'seed-1/out',
  Array.from({ length: 20 }, (_, i) => ({ step: i + 1, loss: 1 - i / 20, kl: 0.5 })),
);
const flat = run(
  'seed-2/out',
  Array.from({ length: 10 }, (_, i) => ({ step: 2 * i + 2, loss: 0.7, 'rewards/margins': i })),
  'trainer_state.json',
);

test('runs of Attune and of TRL stand side by side, told apart by as much of their paths as it takes', async () => {
  const runs = await readRuns([falling, flat]);
  expect(runs.map(({ name }) => name)).toEqual(['seed-1/out', 'seed-2/out']);
  expect(metricsOf(runs)).toEqual(['loss', 'kl', 'rewards/margins']);
  expect(table(runs, metricsOf(runs), 2).split('\n')).toEqual([
    '                 seed-1/out  seed-2/out',
    'steps                    20          20',
    'loss              1 → 0.075   0.7 → 0.7',
    'kl                0.5 → 0.5           -',
    'rewards/margins           -     0 → 8.5',
  ]);
});

test('a plot shows where each run is, and says so of a metric that none logs', async () => {
  const curves = curvesOf(await readRuns([falling, flat]), 'loss');
  const lines = terminalPlot('loss', curves, { width: 20, height: 5 }).split('\n');
  expect(lines[1]).toMatch(/^ +1 │a/);
  expect(lines[5]).toMatch(/^0\.05 │ +a+$/);
  expect(lines[2]).toContain('b');
  expect(lines.at(-1)).toBe('a seed-1/out   b seed-2/out');
  const none = curvesOf(await readRuns([falling]), 'accuracy');
  expect(terminalPlot('accuracy', none)).toBe('accuracy: no run logs it.');
});

test('numbers are told in few characters', () => {
  expect([0, 20, 0.52345678, 5e-6, 123456.7, -1.5, Number.NaN].map(short)).toEqual([
    '0',
    '20',
    '0.5235',
    '5.00e-6',
    '1.235e+5',
    '-1.5',
    'NaN',
  ]);
});

test('the command prints both and draws a picture; wrong runs and metrics are told by name', async () => {
  let said = '';
  const collect = (text: unknown) => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(collect);
  vi.spyOn(process.stderr, 'write').mockImplementation(collect);
  const output = join(scratch, 'curves.svg');
  expect(await main(['compare', '--runs', falling, flat, '--output', output])).toBe(0);
  expect(said).toMatch(/loss .*→/);
  expect(readFileSync(output, 'utf8').match(/<polyline/g)!.length).toBe(6);
  expect(await main(['compare', '--runs', falling, '--metrics', 'reward'])).toBe(2);
  expect(said).toContain('No run logs reward.');
  expect(await main(['compare', '--runs', join(scratch, 'none')])).toBe(1);
  expect(said).toContain('[run-missing]');
  writeFileSync(join(scratch, 'broken.jsonl'), '{"loss": 1}\n');
  expect(await main(['compare', '--runs', join(scratch, 'broken.jsonl')])).toBe(1);
  expect(said).toContain('[run-broken]');
  vi.restoreAllMocks();
});
