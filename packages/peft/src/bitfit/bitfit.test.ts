import { openModel } from '@attune/model';
import { expect, test } from 'vitest';
import { bitFitFromValues, bitFitTuning, readBiases, withBiases, writeAdapter } from '../index.ts';

const fixtures = new URL('../../fixtures', import.meta.url).pathname;
const biased = await openModel(`${fixtures}/families/llama-bias`);
const plain = await openModel(`${fixtures}/families/llama`);

test('every bias trains and nothing else, and the file gives them back', async () => {
  const method = bitFitTuning(biased.config);
  expect(method.tensors.length).toBe(14);
  expect(method.tensors.every(({ name, decay }) => name.endsWith('.bias') && !decay)).toBe(true);
  const values = new Map<string, Float32Array>();
  for (const { name } of method.tensors) values.set(name, await biased.weights.float32(name));
  const [[, bytes]] = [...writeAdapter(method, values, { baseModel: 'base' })] as [
    [string, Uint8Array],
  ];
  const again = await readBiases(bytes);
  expect(again).toEqual(values);
  expect(bitFitFromValues(biased.config, again).tensors).toEqual(method.tensors);
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

test('a family whose layers cannot have biases, and biases of another model, are refused', async () => {
  const mistral = await openModel(`${fixtures}/families/mistral-window8`);
  expect(() => withBiases(mistral)).toThrow(
    expect.objectContaining({ code: 'unsupported-config' }),
  );
  const code = (values: [string, Float32Array][]) => {
    try {
      bitFitFromValues(biased.config, new Map(values));
    } catch (error) {
      return (error as { code: string }).code;
    }
    return 'none';
  };
  expect(code([])).toBe('missing-tensor');
  const all = bitFitTuning(biased.config).tensors.map(({ name, shape }): [string, Float32Array] => [
    name,
    new Float32Array(shape[0]!),
  ]);
  expect(code([[all[0]![0], new Float32Array(3)], ...all.slice(1)])).toBe('wrong-shape');
  expect(code([...all, ['model.norm.bias', new Float32Array(24)]])).toBe('unknown-tensor');
});
