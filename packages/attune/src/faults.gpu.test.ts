import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { main } from './cli.ts';
import { listen } from './testing.ts';

const fixtures = fileURLToPath(new URL('../../sft/fixtures', import.meta.url));
const model = `${fixtures}/models/llama`;
const device = process.env.ATTUNE_DEVICE ?? 'auto';
const scratch = mkdtempSync(join(tmpdir(), 'attune-faults-'));
const at = (name: string) => join(scratch, name);
const terminal = listen();

afterAll(() => rmSync(scratch, { recursive: true }));

const file = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};
const rows = file(
  'rows.jsonl',
  Array.from(
    { length: 12 },
    (_, i) => `{"prompt":"one ${i}","completion":"two ${i} three"}\n`,
  ).join(''),
);
const sft = (...more: string[]) =>
  main([
    ...['sft', '--device', device, '--model_name_or_path', model, '--dataset_name', rows],
    ...['--output_dir', at('out'), '--per_device_train_batch_size', '2', '--logging_steps', '1'],
    ...['--save_strategy', 'no', '--max_steps', '4', ...more],
  ]);

/** A copy of the model folder with one file changed. */
function damaged(name: string, change: (folder: string) => void): string {
  cpSync(model, at(name), { recursive: true });
  change(at(name));
  return at(name);
}

function config(change: Record<string, unknown>) {
  return (folder: string) => {
    const path = join(folder, 'config.json');
    const before = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...before, ...change }));
  };
}

/** Changes the JSON header of the weights, its length kept. */
function header(from: string, to: string) {
  return (folder: string) => {
    const path = join(folder, 'model.safetensors');
    const text = readFileSync(path, 'latin1');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to), 'latin1');
  };
}

function headerLength(folder: string, bytes: number) {
  const path = join(folder, 'model.safetensors');
  const file = readFileSync(path);
  file.writeBigUInt64LE(BigInt(bytes));
  writeFileSync(path, file);
}

function moreTokens(folder: string) {
  const path = join(folder, 'tokenizer.json');
  const json = JSON.parse(readFileSync(path, 'utf8'));
  json.added_tokens.push({ ...json.added_tokens[0], id: 900, content: '<far>' });
  writeFileSync(path, JSON.stringify(json));
}

test.each<[string, () => string[], string, RegExp]>([
  ['a missing file', () => ['--dataset_name', at('none.jsonl')], 'data-missing', /none\.jsonl/],
  [
    'broken JSON',
    () => ['--dataset_name', file('broken.jsonl', '{"text":"a"}\n{"text": b\n')],
    'invalid-json',
    /Line 2 /,
  ],
  ['empty data', () => ['--dataset_name', file('empty.jsonl', '')], 'data-empty', /no rows/],
  ['rows cut before their answers', () => ['--max_length', '2'], 'data-all-masked', /max_length 2/],
  [
    'an unknown model type',
    () => ['--model_name_or_path', damaged('mamba', config({ model_type: 'mamba' }))],
    'unknown-model-type',
    /mamba/,
  ],
  [
    'a shape that the config does not ask for',
    () => ['--model_name_or_path', damaged('shape', config({ vocab_size: 100 }))],
    'wrong-shape',
    /\[100, 32\]/,
  ],
  [
    'a truncated weight file',
    () => [
      '--model_name_or_path',
      damaged('cut', (folder) => truncateSync(join(folder, 'model.safetensors'), 3000)),
    ],
    'file-truncated',
    /header promises/,
  ],
  [
    'a tensor that is not there',
    () => [
      '--model_name_or_path',
      damaged('missing', header('model.norm.weight', 'model.nurm.weight')),
    ],
    'missing-tensor',
    /model\.norm\.weight/,
  ],
  [
    'a header that promises bytes that other tensors have',
    () => ['--model_name_or_path', damaged('lies', header('[0,49152]', '[0,49156]'))],
    'invalid-safetensors',
    /lm_head\.weight/,
  ],
  [
    'a header longer than its file',
    () => ['--model_name_or_path', damaged('long', (folder) => headerLength(folder, 1e7))],
    'file-truncated',
    /header/,
  ],
  [
    'weights of a type that is not read',
    () => [
      '--model_name_or_path',
      damaged('dtype', header('"F32","shape":[384', '"I32","shape":[384')),
    ],
    'unsupported-dtype',
    /I32/,
  ],
  [
    'a tokenizer with more tokens than the model',
    () => ['--model_name_or_path', damaged('vocabulary', moreTokens)],
    'vocabulary-mismatch',
    /384/,
  ],
  [
    'no checkpoint to go on from',
    () => ['--resume_from_checkpoint', 'true'],
    'checkpoint-missing',
    /no checkpoint/,
  ],
  ['a rate of 0', () => ['--learning_rate', '0'], 'nothing-trained', /no trained weight/],
])('%s is told by name and ends with 1', async (_, change, code, words) => {
  expect(await sft(...change())).toBe(1);
  expect(terminal.said).toContain(`[${code}]`);
  expect(terminal.said).toMatch(words);
});

test('a misspelt key of a recipe names the nearest and ends with 2', async () => {
  const recipe = file('recipe.yaml', 'learnig_rate: 1\n');
  expect(await sft('--config', recipe)).toBe(2);
  expect(terminal.said).toMatch(/Did you mean learning_rate\?.*\[unknown-key\]/);
});

test('the longest batch is held against the memory before the first step', async () => {
  process.env.ATTUNE_MEMORY_LIMIT = '100000';
  expect(await sft()).toBe(1);
  delete process.env.ATTUNE_MEMORY_LIMIT;
  expect(terminal.said).toContain('[out-of-memory]');
  expect(terminal.said).not.toContain('step 1/');
});

test('after a loss that is no number the step before is saved', async () => {
  expect(await sft('--learning_rate', '1e30', '--max_grad_norm', '0')).toBe(1);
  expect(terminal.said).toContain('[loss-not-finite]');
  const [, checkpoint] = /Go on with --resume_from_checkpoint (\S+)/.exec(terminal.said)!;
  expect(JSON.parse(readFileSync(join(checkpoint!, 'resume.json'), 'utf8')).resume.step).toBe(1);
});

test('a resumed run writes the bytes of one that was never stopped', async () => {
  const lora = ['--use_peft', '--lora_dropout', '0.1', '--learning_rate', '1e-2'];
  lora.push('--gradient_accumulation_steps', '2', '--train_sampling_strategy', 'random');
  expect(await sft(...lora, '--output_dir', at('whole'))).toBe(0);
  const saving = ['--save_strategy', 'steps', '--save_steps', '2', '--output_dir', at('parts')];
  expect(await sft(...lora, ...saving)).toBe(0);
  const resume = ['--resume_from_checkpoint', at('parts/checkpoint-2')];
  expect(await sft(...lora, ...resume, '--output_dir', at('resumed'))).toBe(0);
  const adapter = (name: string) => readFileSync(join(at(name), 'adapter_model.safetensors'));
  expect(adapter('resumed').equals(adapter('whole'))).toBe(true);
});

test('a checkpoint of other tensors is refused', async () => {
  const saving = ['--save_strategy', 'steps', '--save_steps', '2', '--output_dir', at('full')];
  expect(await sft(...saving)).toBe(0);
  const resume = ['--resume_from_checkpoint', at('full/checkpoint-2')];
  expect(await sft('--use_peft', ...resume)).toBe(1);
  expect(terminal.said).toContain('[checkpoint-mismatch]');
});
