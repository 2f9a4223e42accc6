import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesFromPath, readSafetensors, writeSafetensors } from '@attune/model';
import { afterAll, expect, test } from 'vitest';
import { main } from './cli.ts';
import { listen } from './testing.ts';

const fixtures = fileURLToPath(new URL('../../reward/fixtures', import.meta.url));
const language = `${fixtures}/models/pref-llama`;
const judge = `${fixtures}/models/reward-llama`;
const pairs = `${fixtures}/data/pref-pairs.jsonl`;
const device = process.env.ATTUNE_DEVICE ?? 'auto';
const scratch = mkdtempSync(join(tmpdir(), 'attune-reward-'));
const at = (name: string) => join(scratch, name);
const terminal = listen();

afterAll(() => rmSync(scratch, { recursive: true }));

const file = (name: string, rows: unknown[]) => {
  writeFileSync(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return at(name);
};
const read = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const reward = (...more: string[]) =>
  main([
    ...['reward', '--device', device, '--model_name_or_path', language, '--dataset_name', pairs],
    ...['--output_dir', at('out'), '--per_device_train_batch_size', '4', '--logging_steps', '1'],
    ...['--save_strategy', 'no', '--max_steps', '3', '--learning_rate', '1e-3', ...more],
  ]);
const score = (...more: string[]) =>
  main(['score', '--device', device, '--input', pairs, '--output', at('scores.jsonl'), ...more]);

test('a language model trained whole becomes a folder with a score head, which judges and is trained further', async () => {
  expect(await reward('--output_dir', at('whole'), '--test_split_size', '4')).toBe(0);
  expect(terminal.said).toContain('20 pairs');
  expect(terminal.said).toContain('4 pairs held out');
  const config = JSON.parse(readFileSync(at('whole/config.json'), 'utf8'));
  expect(config).toMatchObject({
    architectures: ['LlamaForSequenceClassification'],
    id2label: { 0: 'LABEL_0' },
    pad_token_id: 3,
  });
  const [logged] = read(at('whole/metrics.jsonl'));
  for (const key of ['accuracy', 'margin', 'mean_reward', 'min_reward', 'max_reward'])
    expect(logged[key]).toEqual(expect.any(Number));
  expect(await score('--model_name_or_path', at('whole'))).toBe(0);
  expect(terminal.said).toMatch(/scores higher in \d+ of 24 pairs/);
  expect(await reward('--model_name_or_path', at('whole'), '--output_dir', at('more'))).toBe(0);
});

test('a LoRA adapter brings its head to the language model: score and merge find it there', async () => {
  const lora = ['--use_peft', '--lora_target_modules', 'all-linear', '--output_dir', at('adapter')];
  expect(await reward(...lora)).toBe(0);
  const config = JSON.parse(readFileSync(at('adapter/adapter_config.json'), 'utf8'));
  expect(config).toMatchObject({ task_type: 'SEQ_CLS', modules_to_save: ['classifier', 'score'] });
  const both = ['--model_name_or_path', language, '--adapter_name_or_path', at('adapter')];
  expect(await score(...both)).toBe(0);
  const byAdapter = read(at('scores.jsonl'));
  expect(await main(['merge', ...both, '--output_dir', at('merged')])).toBe(0);
  expect(await score('--model_name_or_path', at('merged'))).toBe(0);
  for (const [i, row] of read(at('scores.jsonl')).entries()) {
    expect(row.chosen_score).toBeCloseTo(byAdapter[i].chosen_score, 5);
    expect(row.rejected_score).toBeCloseTo(byAdapter[i].rejected_score, 5);
  }
  const further = ['--adapter_name_or_path', at('adapter'), '--output_dir', at('further')];
  expect(await reward(...further)).toBe(0);
});

test('an answer has one score, whether it comes as text, as messages, as ids or in a pair', async () => {
  const recorded = JSON.parse(
    readFileSync(`${fixtures}/reward/lora-score/scores.json`, 'utf8'),
  ) as Record<string, number[]>[];
  const [row] = read(pairs);
  const answers = file('answers.jsonl', [
    { prompt: row.prompt, completion: row.chosen },
    { text: row.prompt + row.chosen },
    { input_ids: recorded[0]!.chosen_ids, id: 7 },
    { messages: [{ role: 'user', content: 'Describe the otter.' }] },
  ]);
  const model = ['--model_name_or_path', judge];
  expect(await score(...model, '--input', answers)).toBe(0);
  const scored = read(at('scores.jsonl'));
  expect(scored[1].score).toBeCloseTo(scored[0].score, 6);
  expect(scored[2].id).toBe(7);
  expect(await score(...model)).toBe(0);
  expect(read(at('scores.jsonl'))[0].chosen_score).toBeCloseTo(scored[0].score, 6);
  expect(await score(...model, '--input', file('ids.jsonl', recorded))).toBe(0);
  expect(read(at('scores.jsonl'))[0].chosen_score).toBeCloseTo(scored[2].score, 6);
  // Without a file to write, rows are the standard output.
  expect(await main(['score', '--device', device, ...model, '--input', answers])).toBe(0);
  expect(terminal.said).toContain(`"score":${scored[3].score}`);
});

test('rows whose answers are the same, or empty, are counted aloud', async () => {
  const rows = read(pairs).slice(0, 4);
  const dull = file('dull.jsonl', [
    ...rows,
    { prompt: 'Describe the fox.', chosen: ' Red.', rejected: ' Red.' },
    { prompt: 'Describe the fox.', chosen: ' Red.', rejected: '' },
    { prompt: 'Describe the fox.', chosen: ' Red.', rejected: ' A fox'.repeat(200) },
  ]);
  expect(await reward('--dataset_name', dull, '--max_length', '64')).toBe(0);
  expect(terminal.said).toMatch(/In 1 of 7 rows chosen and rejected are the same/);
  expect(terminal.said).toMatch(/1 answers are empty/);
  expect(terminal.said).toMatch(/1 of 7 rows are left out: they do not fit into max_length 64/);
});

/** The recorded judge as a classifier of three labels. */
async function classifier(): Promise<string> {
  cpSync(judge, at('three'), { recursive: true });
  const file = await readSafetensors(await bytesFromPath(`${judge}/model.safetensors`));
  const tensors = file.names().map(async (name) => {
    const { shape } = file.info(name);
    const data = await file.raw(name);
    const dtype = 'F32' as const;
    if (name !== 'score.weight') return { name, shape, dtype, data };
    return { name, shape: [3, shape[1]!], dtype, data: new Uint8Array(3 * data.length) };
  });
  writeFileSync(at('three/model.safetensors'), writeSafetensors(await Promise.all(tensors)));
  const config = JSON.parse(readFileSync(`${judge}/config.json`, 'utf8'));
  const labels = { id2label: { 0: 'a', 1: 'b', 2: 'c' }, label2id: { a: 0, b: 1, c: 2 } };
  writeFileSync(at('three/config.json'), JSON.stringify({ ...config, ...labels }));
  return at('three');
}

test('what cannot be a reward model, or cannot be judged by one, is told by name and ends with 1', async () => {
  const refused = async (name: string, command: Promise<number>) => {
    expect(await command).toBe(1);
    expect(terminal.said).toContain(`[${name}]`);
    terminal.said = '';
  };
  const three = ['--model_name_or_path', await classifier()];
  await refused('missing-score-head', score('--model_name_or_path', language));
  await refused('bad-score-head', score(...three));
  await refused('bad-score-head', reward(...three));
  await refused('missing-score-head', reward('--use_peft', '--lora_task_type', 'CAUSAL_LM'));
  const foreign = file('foreign.jsonl', [{ input_ids: [1, 2] }, { input_ids: [5, 384] }]);
  const mismatch = score('--model_name_or_path', judge, '--input', foreign);
  expect(await mismatch).toBe(1);
  expect(terminal.said).toMatch(/Row 2 holds the token 384; .*\[vocabulary-mismatch\]/s);
  const single = file('single.jsonl', [{ prompt: 'a', completion: 'b', label: true }]);
  await refused('preference-unpaired', reward('--dataset_name', single));
  const wild = reward('--learning_rate', '1e30', '--max_grad_norm', '0');
  await refused('loss-not-finite', wild);
});
