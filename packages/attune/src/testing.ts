import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesFromPath, readSafetensors, type SafetensorsFile } from '@attune/model';
import { beforeEach, expect, vi } from 'vitest';
import { main } from './cli.ts';

/** What the command line says on both streams, from the beginning of each test; none of it is shown. */
export function listen(): { said: string } {
  const terminal = { said: '' };
  beforeEach(() => {
    terminal.said = '';
    const collect = (text: unknown) => {
      terminal.said += String(text);
      return true;
    };
    vi.spyOn(process.stderr, 'write').mockImplementation(collect);
    vi.spyOn(process.stdout, 'write').mockImplementation(collect);
  });
  return terminal;
}

/** What tests of recorded runs share: their figures, weights and logits against those of the command line. */
export const open = async (file: string) => readSafetensors(await bytesFromPath(file));

export function metrics(out: string): Record<string, number>[] {
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line)).filter((row) => 'loss' in row);
}

export const relative = (have: number, want: number) => Math.abs(have / want - 1);

export async function expectSame(have: SafetensorsFile, want: SafetensorsFile): Promise<void> {
  for (const name of want.names()) {
    const [a, b] = [await want.float32(name), await have.float32(name)];
    let [difference, length] = [0, 0];
    for (let i = 0; i < a.length; i++) {
      difference += (a[i]! - b[i]!) ** 2;
      length += a[i]! ** 2;
    }
    expect(Math.sqrt(difference / length), name).toBeLessThan(5e-5);
  }
}

/** The recorded rows as the command line takes them, and their logits. */
async function recordedLogits(folder: string) {
  const truth = await open(join(folder, 'logits.safetensors'));
  const longs = async (key: string) => {
    const { buffer, byteOffset, byteLength } = await truth.raw(key);
    const values = new BigInt64Array(buffer.slice(byteOffset, byteOffset + byteLength));
    return [...values].map(Number);
  };
  const [rows, length] = truth.info('input_ids').shape as [number, number];
  const [, total, vocabulary] = truth.info('logits').shape as [number, number, number];
  const [ids, mask] = [await longs('input_ids'), await longs('attention_mask')];
  const logits = await truth.float32('logits');
  return Array.from({ length: rows }, (_, row) => {
    const real = ids.slice(row * length).slice(0, length);
    const inputIds = real.filter((_, i) => mask[row * length + i]);
    // Logits of prompt methods begin with the virtual tokens.
    const from = (row * total + total - length) * vocabulary;
    return { inputIds, logits: logits.subarray(from, from + inputIds.length * vocabulary) };
  });
}

export async function logitsApart(
  folder: string,
  places: readonly string[],
  { device, scratch }: { device: string; scratch: string },
): Promise<number> {
  const at = (name: string) => join(scratch, name);
  const rows = await recordedLogits(folder);
  const lines = rows.map(({ inputIds }) => JSON.stringify({ input_ids: inputIds }));
  writeFileSync(at('input.jsonl'), `${lines.join('\n')}\n`);
  const files = ['--input', at('input.jsonl'), '--output', at('logits.safetensors')];
  expect(await main(['logits', '--device', device, ...places, ...files])).toBe(0);
  const have = await open(at('logits.safetensors'));
  let worst = 0;
  for (const [i, { logits }] of rows.entries()) {
    const ours = await have.float32(`logits.${i}`);
    expect(ours.length).toBe(logits.length);
    for (const [k, want] of logits.entries()) worst = Math.max(worst, Math.abs(ours[k]! - want));
  }
  return worst;
}
