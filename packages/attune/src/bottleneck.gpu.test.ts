import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test } from 'vitest';
import { main } from './cli.ts';
import { expectSame, listen, logitsApart, metrics, open, relative } from './testing.ts';

const fixtures = fileURLToPath(new URL('../../peft/fixtures', import.meta.url));
const cases = readdirSync(`${fixtures}/adapterhub`);
const model = `${fixtures}/families/llama`;
const device = process.env.ATTUNE_DEVICE ?? 'auto';
const scratch = mkdtempSync(join(tmpdir(), 'attune-bottleneck-'));
const at = (...names: string[]) => join(scratch, ...names);
const home = process.cwd();
const terminal = listen();

afterEach(() => process.chdir(home));
afterAll(() => rmSync(scratch, { recursive: true }));

const folderOf = (name: string) => `${fixtures}/adapterhub/${name}`;
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

/** The recorded batches as rows of a data set, without their padding. */
function rowsOf(name: string): string {
  const lines: string[] = [];
  for (const { input_ids, attention_mask, labels } of json(`${folderOf(name)}/batches.json`)) {
    input_ids.forEach((ids: number[], i: number) => {
      const length = attention_mask[i].indexOf(0) < 0 ? ids.length : attention_mask[i].indexOf(0);
      const row = { input_ids: ids.slice(0, length), labels: labels[i].slice(0, length) };
      lines.push(`${JSON.stringify(row)}\n`);
    });
  }
  writeFileSync(at(`${name}.jsonl`), lines.join(''));
  return at(`${name}.jsonl`);
}

function sft(name: string, out: string, ...more: string[]): Promise<number> {
  process.chdir(folderOf(name));
  const data = ['--dataset_name', rowsOf(name), '--train_sampling_strategy', 'sequential'];
  const flags = ['--device', device, '--output_dir', out, '--loss_type', 'nll'];
  flags.push('--logging_steps', '1', '--save_strategy', 'no', '--adapter_name_or_path', 'initial');
  return main(['sft', '--config', 'recipe.yaml', ...data, ...flags, ...more]);
}

test.each(cases)('%s: loss, gradient norm, weights and logits at every step', async (name) => {
  expect(await sft(name, at(name)), terminal.said).toBe(0);
  const { steps } = json(join(folderOf(name), 'expected.json'));
  const rows = metrics(at(name));
  expect(rows.length).toBe(steps.length);
  for (const [i, want] of steps.entries()) {
    expect(relative(rows[i]!.loss!, want.loss), `loss of step ${i + 1}`).toBeLessThan(1e-5);
    expect(relative(rows[i]!.grad_norm!, want.grad_norm), `norm of ${i + 1}`).toBeLessThan(1e-5);
  }
  const truth = await open(join(folderOf(name), 'adapter/adapter.safetensors'));
  const have = await open(at(name, 'adapter.safetensors'));
  expect([...have.names()].sort()).toEqual([...truth.names()].sort());
  await expectSame(have, truth);
  const config = json(join(folderOf(name), 'adapter/adapter_config.json'));
  expect(json(at(name, 'adapter_config.json'))).toEqual(config);
  const places = ['--model_name_or_path', model, '--adapter_name_or_path', at(name)];
  expect(await logitsApart(folderOf(name), places, { device, scratch })).toBeLessThan(1e-4);
});

test('a resumed run writes the bytes of one never stopped, with a new adapter of each placement', async () => {
  writeFileSync(at('rows.jsonl'), '{"text":"one two three"}\n'.repeat(8));
  const train = (preset: string, out: string, ...more: string[]) =>
    main([
      ...['sft', '--device', device, '--model_name_or_path', model, '--dataset_name'],
      ...[at('rows.jsonl'), '--output_dir', at(out), '--adapter_config', preset],
      ...['--per_device_train_batch_size', '2', '--max_steps', '4', '--learning_rate', '1e-2'],
      ...['--reduction_factor', '4', '--save_strategy', 'no', ...more],
    ]);
  for (const [preset, ...optimizer] of [
    ['double_seq_bn'],
    ['seq_bn', '--optim', 'sgd'],
    ['par_bn'],
  ] as const) {
    expect(await train(preset, 'whole', ...optimizer), terminal.said).toBe(0);
    const saving = ['--save_strategy', 'steps', '--save_steps', '2'];
    expect(await train(preset, 'parts', ...optimizer, ...saving), terminal.said).toBe(0);
    const state = await open(at('parts/checkpoint-2/state.safetensors'));
    const moments = state.names().filter((name) => /^[mv]\//.test(name));
    expect(moments.length > 0, 'gradient descent keeps no moments').toBe(optimizer.length === 0);
    const resume = ['--resume_from_checkpoint', at('parts/checkpoint-2')];
    expect(await train(preset, 'resumed', ...optimizer, ...resume), terminal.said).toBe(0);
    const [a, b] = ['whole', 'resumed'].map((out) => readFileSync(at(out, 'adapter.safetensors')));
    expect(a!.equals(b!), preset).toBe(true);
  }
});

test('what cannot be is told by name', async () => {
  const name = 'par-bn';
  const adapter = ['--adapter_name_or_path', `${folderOf(name)}/adapter`];
  const merge = ['merge', '--model_name_or_path', model, ...adapter, '--output_dir', at('merged')];
  expect(await main(merge)).toBe(1);
  expect(terminal.said).toMatch(/BOTTLENECK, which cannot be added.*\[unsupported-adapter\]/s);
  terminal.said = '';
  const train = (...more: string[]) =>
    main([
      ...['sft', '--device', device, '--model_name_or_path', model, '--output_dir', at('none')],
      ...['--dataset_name', rowsOf(name), '--adapter_config', 'seq_bn', ...more],
    ]);
  expect(await train('--reduction_factor', '0')).toBe(2);
  expect(terminal.said).toMatch(/reduction_factor is "0", not greater than 0.*\[bad-value\]/s);
  terminal.said = '';
  expect(await train('--leave_out', 'a')).toBe(2);
  expect(terminal.said).toMatch(/leave_out is .*a.*, not a list of numbers.*\[bad-value\]/s);
  terminal.said = '';
  expect(await train('--use_peft')).toBe(2);
  expect(terminal.said).toMatch(/two ways to tune.*\[bad-value\]/s);
});
