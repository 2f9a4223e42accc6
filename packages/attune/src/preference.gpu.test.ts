import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { main } from './cli.ts';
import { listen } from './testing.ts';

const fixtures = fileURLToPath(new URL('../../preference/fixtures', import.meta.url));
const model = `${fixtures}/models/pref-llama`;
const device = process.env.ATTUNE_DEVICE ?? 'auto';
const scratch = mkdtempSync(join(tmpdir(), 'attune-preference-'));
const at = (name: string) => join(scratch, name);
const terminal = listen();

beforeEach(() => void vi.stubEnv('XDG_CACHE_HOME', at('cache')));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

function file(name: string, rows: readonly object[]): string {
  writeFileSync(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return at(name);
}

const pair = (i: number) => ({ prompt: `one ${i}`, chosen: ` two ${i}`, rejected: ' three' });
const pairs = file(
  'pairs.jsonl',
  Array.from({ length: 8 }, (_, i) => pair(i)),
);
const train = (command: string, ...more: string[]) =>
  main([
    ...[command, '--device', device, '--model_name_or_path', model, '--dataset_name', pairs],
    ...['--output_dir', at('out'), '--per_device_train_batch_size', '2', '--logging_steps', '1'],
    ...['--save_strategy', 'no', '--max_steps', '4', '--learning_rate', '1e-3', ...more],
  ]);
const losses = (folder: string) =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).loss as number);

const labelled = { prompt: 'one', completion: ' two', label: true };
test.each<[string, string, () => string[], string, RegExp]>([
  [
    'completions without pairs',
    'dpo',
    () => ['--dataset_name', file('labelled.jsonl', [labelled])],
    'preference-unpaired',
    /label/,
  ],
  ['prompts over the limit', 'dpo', () => ['--max_length', '2'], 'data-all-dropped', /max_length/],
  [
    'completions that the cut would empty',
    'cpo',
    () => ['--max_length', '3'],
    'preference-truncated-empty',
    /max_length/,
  ],
  [
    'completions all of one kind',
    'kto',
    () => ['--dataset_name', file('kind.jsonl', [labelled, labelled])],
    'kto-one-kind',
    /desirable|label/,
  ],
  [
    'a batch of one',
    'kto',
    () => ['--per_device_train_batch_size', '1'],
    'kto-batch-too-small',
    /1/,
  ],
])('%s: %s says so by name and ends with 1', async (_, command, change, code, words) => {
  expect(await train(command, ...change())).toBe(1);
  expect(terminal.said).toContain(`[${code}]`);
  expect(terminal.said).toMatch(words);
});

test('keys that contradict each other, and a loss that DPO lacks, are usage errors', async () => {
  expect(await train('dpo', '--loss_type', 'sigmoid,ipo', '--loss_weights', '1')).toBe(2);
  expect(terminal.said).toMatch(/2 losses, and there are 1 loss_weights.*\[bad-value\]/s);
  expect(await train('dpo', '--loss_type', 'simpo')).toBe(2);
  expect(terminal.said).toMatch(
    /loss_type is \["simpo"\], not among sigmoid, hinge, ipo.*\[bad-value\]/s,
  );
});

test('pairs whose completions are the same, and empty ones, are counted, and the run goes on', async () => {
  const same = { ...pair(1), rejected: pair(1).chosen };
  const data = file('same.jsonl', [pair(0), same, { ...pair(2), rejected: '' }]);
  expect(await train('dpo', '--dataset_name', data, '--use_peft')).toBe(0);
  expect(terminal.said).toMatch(/In 1 of 3 rows chosen and rejected are the same/);
  expect(terminal.said).toMatch(/1 answers are empty/);
});

test.each(['dpo', 'kto', 'orpo', 'cpo'])(
  '%s trains, evaluates, and leaves an adapter',
  async (command) => {
    const out = at(`held-${command}`);
    const held = ['--eval_dataset', pairs, '--eval_strategy', 'steps', '--eval_steps', '2'];
    expect(await train(command, '--use_peft', '--output_dir', out, ...held)).toBe(0);
    const rows = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
    const evaluated = rows.map((row) => JSON.parse(row)).filter((row) => 'eval_loss' in row);
    expect(evaluated.length).toBe(2);
    expect(evaluated[0]['eval_rewards/chosen']).toBeTypeOf('number');
    const config = JSON.parse(readFileSync(join(out, 'adapter_config.json'), 'utf8'));
    expect(config).toMatchObject({ peft_type: 'LORA', task_type: 'CAUSAL_LM', lora_dropout: 0.05 });
  },
);

test('reference log-probabilities are computed once and read from disk by the next run, with the same steps', async () => {
  const once = ['--precompute_ref_log_probs', '--use_peft', '--loss_type', 'ipo'];
  expect(await train('dpo', ...once, '--output_dir', at('first'))).toBe(0);
  expect(terminal.said).toContain('Reference log-probabilities: 16 of 16 rows');
  expect(terminal.said).not.toContain('Reference log-probabilities: read');
  expect(await train('dpo', ...once, '--output_dir', at('second'))).toBe(0);
  expect(terminal.said).toMatch(
    /Reference log-probabilities: read from .*cache.attune.reference.*\.safetensors/,
  );
  expect(losses(at('second'))).toEqual(losses(at('first')));
  // For other data they are computed anew.
  terminal.said = '';
  const other = file('other.jsonl', [pair(11), pair(12), pair(13)]);
  expect(await train('dpo', ...once, '--dataset_name', other)).toBe(0);
  expect(terminal.said).not.toContain('Reference log-probabilities: read');
});

test('a stopped run with a reference that follows goes on to the same bits', async () => {
  const follow = ['--sync_ref_model', '--ref_model_sync_steps', '1', '--save_strategy', 'steps'];
  const whole = at('whole');
  expect(await train('dpo', ...follow, '--save_steps', '2', '--output_dir', whole)).toBe(0);
  const resumed = ['--resume_from_checkpoint', join(whole, 'checkpoint-2')];
  expect(await train('dpo', ...follow, ...resumed, '--output_dir', at('rest'))).toBe(0);
  expect(losses(at('rest')).slice(-2)).toEqual(losses(whole).slice(-2));
  const weights = (folder: string) => readFileSync(join(folder, 'model.safetensors'));
  expect(weights(at('rest')).equals(weights(whole))).toBe(true);
});
