import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requestGpu } from '@attune/gpu';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from './cli.ts';

const model = fileURLToPath(new URL('../../sft/fixtures/models/llama', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'attune-interruptions-'));
const at = (name: string) => join(scratch, name);
const rows = Array.from(
  { length: 12 },
  (_, i) => `{"prompt":"one ${i}","completion":"two ${i}"}\n`,
);
writeFileSync(at('rows.jsonl'), rows.join(''));

let said = '';
/** Called with all that was said, each time that something is. */
let listen: (said: string) => void = () => {};

beforeEach(() => {
  said = '';
  listen = () => {};
  const collect = (text: unknown) => {
    said += String(text);
    listen(said);
    return true;
  };
  vi.spyOn(process.stderr, 'write').mockImplementation(collect);
  vi.spyOn(process.stdout, 'write').mockImplementation(collect);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(scratch, { recursive: true }));

/** Six steps with dropout, accumulation and random order; checkpoints after each second one. */
const sft = (out: string, ...more: string[]) =>
  main([
    ...['sft', '--device', process.env.ATTUNE_DEVICE ?? 'auto', '--model_name_or_path', model],
    ...['--dataset_name', at('rows.jsonl'), '--output_dir', at(out), '--max_steps', '6'],
    ...['--per_device_train_batch_size', '2', '--gradient_accumulation_steps', '2'],
    ...['--use_peft', '--lora_dropout', '0.1', '--learning_rate', '1e-2'],
    ...['--save_strategy', 'steps', '--save_steps', '2', ...more],
  ]);

const adapter = (out: string) => readFileSync(join(at(out), 'adapter_model.safetensors'));
const checkpointIn = (text: string) => /--resume_from_checkpoint (\S+)/.exec(text)![1]!;
let whole: Buffer;

beforeEach(async () => {
  if (whole) return;
  expect(await sft('whole')).toBe(0);
  whole = adapter('whole');
  said = '';
});

test('Ctrl-C ends the step, saves, says where, and the run goes on to the same bytes', async () => {
  listen = (text) => {
    if (!text.includes('checkpoint-2\n')) return;
    listen = () => {};
    process.emit('SIGINT', 'SIGINT');
  };
  expect(await sft('stopped')).toBe(130);
  expect(said).toContain('Stopping after this step');
  expect(said).toMatch(/Stopped after step [23] of 6\. Go on with --resume_from_checkpoint \S+/);
  expect(await sft('went-on', '--resume_from_checkpoint', checkpointIn(said))).toBe(0);
  expect(adapter('went-on').equals(whole)).toBe(true);
});

test('a device lost in mid-step is told with the newest checkpoint, and the run goes on to the same bytes', async () => {
  const gpu = await requestGpu();
  const prototype: GPUDevice = Object.getPrototypeOf(gpu.device);
  gpu.destroy();
  const encoder = prototype.createCommandEncoder;
  let lost = 0;
  vi.spyOn(prototype, 'createCommandEncoder').mockImplementation(function (
    this: GPUDevice,
    ...args
  ) {
    // The work of the third step is on its way when the device goes.
    if (said.includes('checkpoint-2\n') && lost++ === 0) setTimeout(() => this.destroy());
    return encoder.apply(this, args);
  });
  expect(await sft('lost')).toBe(1);
  expect(lost).toBeGreaterThan(0);
  expect(said).toContain('[device-lost]');
  expect(checkpointIn(said)).toMatch(/checkpoint-2$/);
  vi.restoreAllMocks();
  expect(await sft('found', '--resume_from_checkpoint', at('lost/checkpoint-2'))).toBe(0);
  expect(adapter('found').equals(whole)).toBe(true);
});
