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

const judged = { prompt: 'one', completion: ' two', label: true };
test.each<[string, string, () => string[], string, RegExp]>([
  [
    'judged answers',
    'dpo',
    () => ['--dataset_name', file('judged.jsonl', [judged])],
    'preference-unpaired',
    /label/,
  ],
  ['prompts over the limit', 'dpo', () => ['--max_length', '2'], 'data-all-dropped', /max_length/],
  [
    'answers that the cut would empty',
    'cpo',
    () => ['--max_length', '3'],
    'preference-truncated-empty',
    /max_length/,
  ],
  [
    'answers all of one kind',
    'kto',
    () => ['--dataset_name', file('kind.jsonl', [judged, judged])],
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
  ['a loss that DPO lacks', 'dpo', () => ['--loss_type', 'simpo'], 'bad-value', /simpo/],
])('%s: %s says so by name and ends with 1', async (_, command, change, code, words) => {
  expect(await train(command, ...change())).toBe(1);
  expect(terminal.said).toContain(`[${code}]`);
  expect(terminal.said).toMatch(words);
});

test('pairs whose answers are the same, and empty answers, are counted, and the run goes on', async () => {
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

test('a reference judged once is read from disk by the next run, with the same steps', async () => {
  const once = ['--precompute_ref_log_probs', '--use_peft', '--loss_type', 'ipo'];
  expect(await train('dpo', ...once, '--output_dir', at('first'))).toBe(0);
  expect(terminal.said).not.toContain('Reference log-probabilities:');
  expect(await train('dpo', ...once, '--output_dir', at('second'))).toBe(0);
  expect(terminal.said).toMatch(
    /Reference log-probabilities: .*cache.attune.reference.*\.safetensors/,
  );
  expect(losses(at('second'))).toEqual(losses(at('first')));
  // Other data are judged anew.
  terminal.said = '';
  const other = file('other.jsonl', [pair(11), pair(12), pair(13)]);
  expect(await train('dpo', ...once, '--dataset_name', other)).toBe(0);
  expect(terminal.said).not.toContain('Reference log-probabilities:');
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
