import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { openModel, scoreModel } from '@attune/model';
import { expect, test } from 'vitest';
import { loraFromFiles, loraTuning, mergedWeights, readAdapter } from '../index.ts';

const root = new URL('../../../reward/fixtures', import.meta.url).pathname;
const read = (folder: string) => async (file: string) =>
  readFileSync(`${root}/reward/${folder}/${file}`);
const language = await openModel(`${root}/models/pref-llama`);
const judge = scoreModel(language, { padTokenId: 3 });
const seqCls = { targetModules: ['q_proj'], taskType: 'SEQ_CLS' } as const;

test('task type SEQ_CLS trains the score head beside the layers, and starts it from the model', async () => {
  const method = loraTuning(judge.config, seqCls);
  expect(method.saved).toEqual(['score.weight']);
  expect(method.tensors.at(-1)).toEqual({ name: 'score.weight', shape: [1, 32], decay: true });
  expect(method.replaces('score.weight')).toBe(true);
  const head = await judge.weights.float32('score.weight');
  expect(await method.initial('score.weight', judge.weights)).toEqual(head);
  // Named twice, it trains once; without the task type it stays.
  const twice = loraTuning(judge.config, { ...seqCls, modulesToSave: ['score', 'score'] });
  expect(twice.tensors).toEqual(method.tensors);
  expect(loraTuning(judge.config, { targetModules: ['q_proj'] }).saved).toEqual([]);
});

test('all-linear leaves the score head out, and LoRA on it is refused', () => {
  const { layers } = loraTuning(judge.config, { ...seqCls, targetModules: 'all-linear' });
  expect(layers.length).toBe(14);
  expect(layers.some(({ path }) => path === 'score')).toBe(false);
  expect(() => loraTuning(judge.config, { ...seqCls, targetModules: ['score'] })).toThrow(
    expect.objectContaining({ code: 'bad-target-modules' }),
  );
});

test('a classifier adapter on a language model is refused by the missing head', async () => {
  const refused = expect.objectContaining({ code: 'missing-score-head' });
  expect(() => loraTuning(language.config, seqCls)).toThrow(refused);
  const files = await readAdapter(read('lora-from-lm/adapter'));
  expect(() => loraFromFiles(language.config, files)).toThrow(refused);
});

const adapters = readdirSync(`${root}/reward`).flatMap((name) =>
  ['initial', 'adapter']
    .filter((part) => existsSync(`${root}/reward/${name}/${part}`))
    .map((part) => `${name}/${part}`),
);

test.each(adapters)(
  "PEFT's classifier adapter %s is read, written and read again with its head",
  async (folder) => {
    const files = await readAdapter(read(folder));
    const { method, values } = loraFromFiles(judge.config, files);
    expect(values.get('score.weight')).toBeDefined();
    const written = method.save(values, { baseModel: 'base', base: files.config });
    const again = await readAdapter(async (file) => written.get(file)!);
    expect([...again.tensors.keys()].sort()).toEqual([...files.tensors.keys()].sort());
    for (const [key, { data }] of files.tensors) expect(again.tensors.get(key)!.data).toEqual(data);
    expect(again.config).toMatchObject({ task_type: 'SEQ_CLS', inference_mode: true });
    expect(again.config.modules_to_save).toEqual(['score', 'classifier']);
  },
);

test('a new adapter is written as a classifier: task type, and the modules that PEFT looks for', () => {
  const method = loraTuning(judge.config, seqCls);
  const values = new Map(
    method.tensors.map(({ name, shape }) => [name, new Float32Array(shape[0]! * shape[1]!)]),
  );
  const written = method.save(values, { baseModel: 'base' });
  const config = JSON.parse(new TextDecoder().decode(written.get('adapter_config.json')));
  expect(config).toMatchObject({ task_type: 'SEQ_CLS', modules_to_save: ['classifier', 'score'] });
});

test('merging gives the trained head in place of the fresh one', async () => {
  const files = await readAdapter(read('lora-from-lm/adapter'));
  const { method, values } = loraFromFiles(judge.config, files);
  const merged = mergedWeights(judge.weights, method, values);
  expect(await merged.float32('score.weight')).toEqual(values.get('score.weight'));
  expect(merged.names().filter((name) => name === 'score.weight').length).toBe(1);
});
