import { folderFromFiles, openModel } from '@attune/model';
import { expect, test } from 'vitest';
import { openAdapter } from '../adapter-files.ts';
import { tensorsFile } from '../adapter-tensors.ts';
import { bitFitFile } from './bitfit.files.ts';
import { bitFitTuning, withBiases } from './bitfit.ts';

const fixtures = new URL('../../fixtures', import.meta.url).pathname;
const biased = await openModel(`${fixtures}/families/llama-bias`);
const plain = await openModel(`${fixtures}/families/llama`);

test('every bias trains and nothing else, and the file gives them back', async () => {
  const method = bitFitTuning(biased.config);
  expect(method.tensors.length).toBe(14);
  expect(method.tensors.every(({ name, decay }) => name.endsWith('.bias') && !decay)).toBe(true);
  const values = new Map<string, Float32Array>();
  for (const { name } of method.tensors) values.set(name, await biased.weights.float32(name));
  const files = method.save(values, { baseModel: 'base' });
  expect([...files.keys()]).toEqual([bitFitFile]);
  const again = await openAdapter(folderFromFiles(files), biased);
  expect(again.values).toEqual(values);
  expect(again.method.tensors).toEqual(method.tensors);
  expect(again.model).toBe(biased);
});

test('a model without biases gets some of zero, and says so in its config', async () => {
  expect(() => bitFitTuning(plain.config)).toThrow(
    expect.objectContaining({ code: 'nothing-to-train' }),
  );
  const { config, rawConfig, weights } = withBiases(plain);
  expect(rawConfig).toMatchObject({ attention_bias: true, mlp_bias: true });
  const names = bitFitTuning(config).tensors.map(({ name }) => name);
  expect(names.length).toBe(14);
  for (const name of names) expect((await weights.float32(name)).every((v) => v === 0)).toBe(true);
  expect(await weights.float32('model.norm.weight')).toEqual(
    await plain.weights.float32('model.norm.weight'),
  );
});

test('biases that were added stand over a model without any, which gets them again', async () => {
  const given = withBiases(plain);
  const method = bitFitTuning(given.config);
  const values = new Map(
    method.tensors.map(({ name, shape }) => [name, new Float32Array(shape[0]!).fill(0.5)]),
  );
  const { model } = await openAdapter(
    folderFromFiles(method.save(values, { baseModel: 'base' })),
    plain,
  );
  expect(model.config).toEqual(given.config);
  expect(model.tokenizer).toBe(plain.tokenizer);
});

test('a family whose layers cannot have biases, and biases of another model, are refused', async () => {
  const mistral = await openModel(`${fixtures}/families/mistral-window8`);
  expect(() => withBiases(mistral)).toThrow(
    expect.objectContaining({ code: 'unsupported-config' }),
  );
  const code = (values: [string, Float32Array][]) => {
    const tensors = values.map(([name, data]) => ({ name, shape: [data.length], data }));
    const folder = folderFromFiles(new Map([[bitFitFile, tensorsFile(tensors)]]));
    return openAdapter(folder, biased).then(
      () => 'none',
      (error: { code: string }) => error.code,
    );
  };
  expect(await code([])).toBe('missing-tensor');
  const all = bitFitTuning(biased.config).tensors.map(({ name, shape }): [string, Float32Array] => [
    name,
    new Float32Array(shape[0]!),
  ]);
  expect(await code([[all[0]![0], new Float32Array(3)], ...all.slice(1)])).toBe('wrong-shape');
  expect(await code([...all, ['lm_head.weight', new Float32Array(24)]])).toBe('unknown-tensor');
});
