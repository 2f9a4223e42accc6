import { readFileSync } from 'node:fs';
import { openModel } from '@attune/model';
import { describe, expect, test } from 'vitest';
import {
  findTargets,
  loraFromFiles,
  loraTuning,
  mergedWeights,
  patternValue,
  readAdapter,
} from '../index.ts';

const root = new URL('../../../sft/fixtures', import.meta.url).pathname;
const read = (folder: string) => async (file: string) =>
  readFileSync(`${root}/sft/${folder}/${file}`);
const model = await openModel(`${root}/models/llama`);
const tied = await openModel(`${root}/models/llama-tied`);

describe('target modules', () => {
  test('names, suffixes and full paths match; all-linear leaves out the output layer', () => {
    const paths = (targetModules: string | string[]) =>
      findTargets(model.config, { targetModules }).map(({ path }) => path);
    expect(paths(['q_proj'])).toEqual([0, 1].map((i) => `model.layers.${i}.self_attn.q_proj`));
    expect(paths(['layers.1.mlp.up_proj'])).toEqual(['model.layers.1.mlp.up_proj']);
    expect(paths('all-linear').length).toBe(14);
    expect(paths(['all-linear'])).toEqual(paths('all-linear'));
    expect(paths('.*layers\\.0\\..*_proj').length).toBe(7);
  });

  test('a target that matches nothing is refused with the nearest name', () => {
    expect(() => findTargets(model.config, { targetModules: ['q_porj'] })).toThrow(
      expect.objectContaining({
        code: 'no-target-modules',
        remedy: expect.stringContaining('q_proj'),
      }),
    );
    expect(() => findTargets(model.config, { targetModules: ['lm_head'] })).toThrow(
      expect.objectContaining({ code: 'bad-target-modules' }),
    );
  });

  test('layers_to_transform and exclude_modules narrow the choice', () => {
    const options = {
      targetModules: 'all-linear',
      layersToTransform: [1],
      excludeModules: ['up_proj'],
    };
    const found = findTargets(model.config, options);
    expect(found.length).toBe(6);
    expect(found.every(({ path }) => path.includes('layers.1.'))).toBe(true);
  });

  test('rank patterns match the end of a path, or from its start with ^', () => {
    expect(patternValue('model.layers.0.self_attn.q_proj', { q_proj: 3 })).toBe(3);
    expect(patternValue('model.layers.0.self_attn.q_proj', { '^q_proj': 3 })).toBeUndefined();
    expect(patternValue('model.layers.0.mlp.up_proj', { 'layers\\.0\\..*': 2 })).toBe(2);
  });
});

test("PEFT's files read, written and read again are the same tensors and the same method", async () => {
  for (const [folder, opened] of [
    ['lora-modules-to-save/initial', model],
    ['lora-all-linear-rslora/adapter', tied],
  ] as const) {
    const files = await readAdapter(read(folder));
    const { method, values } = loraFromFiles(opened.config, files);
    const written = method.save(values, { baseModel: 'base', base: files.config });
    const again = await readAdapter(async (file) => written.get(file)!);
    expect([...again.tensors.keys()].sort()).toEqual([...files.tensors.keys()].sort());
    for (const [key, { data }] of files.tensors) expect(again.tensors.get(key)!.data).toEqual(data);
    expect(again.config).toMatchObject({ peft_type: 'LORA', kasa_config: null, r: files.config.r });
  }
});

test('rsLoRA divides alpha by the square root of the rank', () => {
  const scale = (useRslora: boolean) =>
    loraTuning(model.config, { targetModules: ['q_proj'], r: 16, loraAlpha: 8, useRslora })
      .layers[0]!.scale;
  expect(scale(false)).toBe(0.5);
  expect(scale(true)).toBe(2);
});

test('A starts uniform within 1/√in, B at zero, the same for the same seed', async () => {
  const method = loraTuning(model.config, { targetModules: ['q_proj'], r: 8 }, 7);
  const a = await method.initial('model.layers.0.self_attn.q_proj.lora_A.weight', model.weights);
  const b = await method.initial('model.layers.0.self_attn.q_proj.lora_B.weight', model.weights);
  expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(32));
  const variance = a.reduce((sum, x) => sum + x * x, 0) / a.length;
  expect(variance * 3 * 32).toBeCloseTo(1, 0);
  expect(b.every((x) => x === 0)).toBe(true);
  const same = loraTuning(model.config, { targetModules: ['q_proj'], r: 8 }, 7);
  expect(
    await same.initial('model.layers.0.self_attn.q_proj.lora_A.weight', model.weights),
  ).toEqual(a);
});

test('merging adds s·B·A and unmerging takes it away again', async () => {
  const files = await readAdapter(read('lora-all-linear-rslora/adapter'));
  const { method, values } = loraFromFiles(tied.config, files);
  const name = 'model.layers.0.mlp.up_proj.weight';
  const before = await tied.weights.float32(name);
  const merged = mergedWeights(tied.weights, method, values);
  const after = await merged.float32(name);
  const layer = method.layers.find(({ path }) => `${path}.weight` === name)!;
  const a = values.get(`${layer.path}.lora_A.weight`)!;
  const b = values.get(`${layer.path}.lora_B.weight`)!;
  let expected = before[5 * layer.in + 3]!;
  for (let k = 0; k < layer.r; k++)
    expected += layer.scale * b[5 * layer.r + k]! * a[k * layer.in + 3]!;
  expect(after[5 * layer.in + 3]).toBeCloseTo(expected, 6);
  const back = await mergedWeights(merged, method, values, -1).float32(name);
  for (let i = 0; i < back.length; i++) expect(back[i]).toBeCloseTo(before[i]!, 5);
});

test('an adapter of another model is refused by the tensor that does not fit', async () => {
  const files = await readAdapter(read('lora-modules-to-save/initial'));
  const wrong = { ...files, tensors: new Map([...files.tensors].slice(1)) };
  expect(() => loraFromFiles(model.config, wrong)).toThrow(
    expect.objectContaining({ code: 'missing-tensor' }),
  );
  const [key, tensor] = [...files.tensors][1]!;
  const bent = new Map(files.tensors).set(key, { ...tensor, shape: [...tensor.shape].reverse() });
  expect(() => loraFromFiles(model.config, { ...files, tensors: bent })).toThrow(
    expect.objectContaining({ code: 'wrong-shape' }),
  );
  expect(() => loraFromFiles(model.config, { ...files, config: { peft_type: 'IA3' } })).toThrow(
    expect.objectContaining({ code: 'unsupported-peft-type' }),
  );
});
