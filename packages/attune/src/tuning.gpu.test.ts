import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesFromPath, readSafetensors, type SafetensorsFile } from '@attune/model';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from './cli.ts';

const fixtures = fileURLToPath(new URL('../../peft/fixtures', import.meta.url));
const cases = readdirSync(`${fixtures}/peft`);
const device = process.env.ATTUNE_DEVICE ?? 'auto';
const scratch = mkdtempSync(join(tmpdir(), 'attune-tuning-'));
const at = (...names: string[]) => join(scratch, ...names);
const home = process.cwd();
let said = '';

beforeEach(() => {
  said = '';
  const collect = (text: unknown) => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stderr, 'write').mockImplementation(collect);
  vi.spyOn(process.stdout, 'write').mockImplementation(collect);
});
afterEach(() => process.chdir(home));
afterAll(() => rmSync(scratch, { recursive: true }));

const open = async (file: string) => readSafetensors(await bytesFromPath(file));
const text = (file: string) => readFileSync(file, 'utf8');
const folderOf = (name: string) => `${fixtures}/peft/${name}`;
const baseOf = (name: string) =>
  join(
    folderOf(name),
    /^model_name_or_path: (.*)$/m.exec(text(`${folderOf(name)}/recipe.yaml`))![1]!,
  );

/** Runs a case's recipe where it lies, from its recorded start. */
async function sft(name: string, out: string, ...more: string[]): Promise<number> {
  process.chdir(folderOf(name));
  const start = existsSync('initial') ? ['--adapter_name_or_path', 'initial'] : [];
  const flags = ['--device', device, '--output_dir', out, ...start, ...more];
  return main(['sft', '--config', 'recipe.yaml', ...flags]);
}

/** Where a result lies: a model of its own, or an adapter beside its base. */
function places(name: string, out: string): string[] {
  return existsSync(join(out, 'model.safetensors'))
    ? ['--model_name_or_path', out]
    : ['--model_name_or_path', baseOf(name), '--adapter_name_or_path', out];
}

function metrics(out: string): Record<string, number>[] {
  const lines = text(join(out, 'metrics.jsonl')).trim().split('\n');
  return lines.map((line) => JSON.parse(line)).filter((row) => 'loss' in row);
}

const relative = (have: number, want: number) => Math.abs(have / want - 1);

async function expectSame(have: SafetensorsFile, want: SafetensorsFile): Promise<void> {
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
async function recordedLogits(name: string) {
  const truth = await open(join(folderOf(name), 'logits.safetensors'));
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

async function logitsApart(name: string, places: string[]): Promise<number> {
  const rows = await recordedLogits(name);
  const lines = rows.map(({ inputIds }) => JSON.stringify({ input_ids: inputIds }));
  writeFileSync(at('input.jsonl'), `${lines.join('\n')}\n`);
  const files = ['--input', at('input.jsonl'), '--output', at('logits.safetensors')];
  expect(await main(['logits', '--device', device, ...places, ...files]), said).toBe(0);
  const have = await open(at('logits.safetensors'));
  let worst = 0;
  for (const [i, { logits }] of rows.entries()) {
    const ours = await have.float32(`logits.${i}`);
    expect(ours.length).toBe(logits.length);
    for (const [k, want] of logits.entries()) worst = Math.max(worst, Math.abs(ours[k]! - want));
  }
  return worst;
}

describe('recorded runs of other ways to tune', () => {
  test.each(cases)('%s: loss, gradient norm, weights and logits at every step', async (name) => {
    const out = at(name);
    expect(await sft(name, out), said).toBe(0);
    const { steps } = JSON.parse(text(join(folderOf(name), 'expected.json')));
    const rows = metrics(out);
    expect(rows.length).toBe(steps.length);
    for (const [i, want] of steps.entries()) {
      expect(relative(rows[i]!.loss!, want.loss), `loss of step ${i + 1}`).toBeLessThan(1e-5);
      expect(relative(rows[i]!.grad_norm!, want.grad_norm), `norm of ${i + 1}`).toBeLessThan(1e-5);
    }
    for (const [theirs, ours] of [
      ['adapter/adapter_model.safetensors', 'adapter_model.safetensors'],
      ['final.safetensors', 'bitfit.safetensors'],
    ] as const) {
      const file = join(folderOf(name), theirs);
      if (existsSync(file) && existsSync(join(out, ours))) {
        await expectSame(await open(join(out, ours)), await open(file));
      }
    }
    expect(await logitsApart(name, places(name, out))).toBeLessThan(1e-4);
  });

  test.each(cases)('%s: a resumed run writes the bytes of one never stopped', async (name) => {
    const [whole, parts, resumed] = ['whole', 'parts', 'resumed'].map((part) => at(name, part));
    const short = ['--max_steps', '4'];
    expect(await sft(name, whole!, ...short), said).toBe(0);
    const saving = ['--save_strategy', 'steps', '--save_steps', '2'];
    expect(await sft(name, parts!, ...short, ...saving), said).toBe(0);
    const from = ['--resume_from_checkpoint', join(parts!, 'checkpoint-2')];
    expect(await sft(name, resumed!, ...short, ...from), said).toBe(0);
    const files = readdirSync(whole!).filter((file) => file.endsWith('.safetensors'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const [a, b] = [readFileSync(join(whole!, file)), readFileSync(join(resumed!, file))];
      expect(a.equals(b), file).toBe(true);
    }
  });
});

describe('BitFit', () => {
  const rows = at('rows.jsonl');
  const train = (model: string, out: string, ...more: string[]) =>
    main([
      ...['sft', '--device', device, '--model_name_or_path', model, '--dataset_name', rows],
      ...['--output_dir', out, '--per_device_train_batch_size', '2', '--learning_rate', '1e-2'],
      ...['--save_strategy', 'no', '--max_steps', '2', ...more],
    ]);
  const plain = fileURLToPath(new URL('../../sft/fixtures/models/llama', import.meta.url));
  const written = (name: string) =>
    writeFileSync(rows, `${JSON.stringify({ text: name })}\n`.repeat(4));

  test('a model without biases is refused by name, unless it is given some', async () => {
    written('one two three');
    expect(await train(plain, at('none'), '--peft_type', 'BITFIT')).toBe(1);
    expect(said).toMatch(/has none.*add_biases: true.*\[nothing-to-train\]/s);
    expect(await train(plain, at('given'), '--peft_type', 'BITFIT', '--add_biases'), said).toBe(0);
    const config = JSON.parse(text(at('given/config.json')));
    expect(config).toMatchObject({ attention_bias: true, mlp_bias: true });
    expect((await open(at('given/bitfit.safetensors'))).names().length).toBe(14);
  });

  test('biases lie over their base, go on training, and merge to the same model', async () => {
    written('one two three');
    expect(await train(plain, at('first'), '--peft_type', 'BITFIT', '--add_biases'), said).toBe(0);
    const adapter = ['--adapter_name_or_path', at('first')];
    expect(await train(plain, at('second'), ...adapter), said).toBe(0);
    const base = ['--model_name_or_path', plain];
    expect(await main(['merge', ...base, ...adapter, '--output_dir', at('merged')]), said).toBe(0);
    const [merged, whole] = [at('merged'), at('first')].map((folder) =>
      readFileSync(join(folder, 'model.safetensors')),
    );
    expect(merged!.equals(whole!)).toBe(true);
    writeFileSync(at('prompts.jsonl'), '{"prompt_ids": [5, 6, 7]}\n');
    const answer = async (...places: string[]) => {
      const files = ['--prompts', at('prompts.jsonl'), '--output', at('answers.jsonl')];
      const flags = ['--device', device, ...places, ...files, '--max_new_tokens', '8'];
      expect(await main(['generate', ...flags]), said).toBe(0);
      return text(at('answers.jsonl'));
    };
    expect(await answer(...base, ...adapter)).toBe(
      await answer('--model_name_or_path', at('first')),
    );
    expect(await answer(...base)).not.toBe(
      await answer(...base, '--adapter_name_or_path', at('second')),
    );
  });
});
