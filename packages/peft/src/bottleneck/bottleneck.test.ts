import { readFileSync } from 'node:fs';
import { openModel } from '@attune/model';
import { describe, expect, test } from 'vitest';
import {
  adapterFromFiles,
  type bottleneckPresets,
  type PeftConfig,
  readAdapter,
  tuningMethod,
} from '../index.ts';

const fixtures = new URL('../../fixtures', import.meta.url).pathname;
const model = await openModel(`${fixtures}/families/llama`);
const { config, weights } = model;
const placed = (own: object) =>
  tuningMethod({ peftType: 'BOTTLENECK', ...own } as PeftConfig, model);
const recorded = (name: string) =>
  readAdapter(async (file) => readFileSync(`${fixtures}/adapterhub/${name}/adapter/${file}`));

test.each(['double-seq-bn-norms', 'par-bn'])('%s is written as it was read', async (name) => {
  const files = await recorded(name);
  const { method, values } = adapterFromFiles(config, files);
  const baseModel = files.config.model_name as string;
  const written = method.save(values, { baseModel, base: files.config });
  const again = await readAdapter(async (file) => written.get(file)!);
  expect(again.config).toEqual(files.config);
  expect(Object.fromEntries(again.tensors)).toEqual(Object.fromEntries(files.tensors));
});

test('an adapter of each placement has the numbers that its formula says', () => {
  const count = (preset: keyof typeof bottleneckPresets, change = {}) =>
    placed({ adapterConfig: preset, reductionFactor: 4, ...change })
      .tensors.map(({ shape }) => shape.reduce((a, b) => a * b, 1))
      .reduce((a, b) => a + b, 0);
  const one = 2 * 32 * 8 + 8 + 32;
  expect(count('seq_bn')).toBe(2 * one);
  expect(count('double_seq_bn')).toBe(4 * one);
  expect(count('par_bn', { leaveOut: [0] })).toBe(one);
  expect(count('seq_bn', { lnBefore: true, lnAfter: true })).toBe(2 * (one + 4 * 32));
});

test('matrices start as AdapterHub draws them, biases at zero, norms at one', async () => {
  const start = async (initWeights: 'bert' | 'mam_adapter' | 'houlsby', part: string) => {
    const own = {
      adapterConfig: 'seq_bn',
      reductionFactor: 1,
      initWeights,
      lnBefore: true,
    } as const;
    const method = placed(own);
    const { name } = method.tensors.find(({ name }) => name.endsWith(part))!;
    return [...(await method.initial(name, weights))];
  };
  const deviation = (values: number[]) =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  expect(deviation(await start('bert', 'adapter_up.weight'))).toBeCloseTo(0.02, 2);
  expect(new Set(await start('mam_adapter', 'adapter_up.weight'))).toEqual(new Set([0]));
  expect(Math.max(...(await start('houlsby', 'adapter_up.weight')))).toBeLessThanOrEqual(0.02);
  expect(new Set(await start('bert', 'adapter_up.bias'))).toEqual(new Set([0]));
  expect(new Set(await start('bert', 'adapter_norm_before.weight'))).toEqual(new Set([1]));
});

describe('what is not computed is refused by its key', () => {
  test.each<[string, unknown, string]>([
    ['phm_layer', true, 'unsupported-adapter'],
    ['use_gating', true, 'unsupported-adapter'],
    ['dropout', 0.1, 'unsupported-adapter'],
    ['residual_before_ln', 'post_add', 'unsupported-adapter'],
    ['a_key_of_the_future', 3, 'unsupported-adapter'],
    ['scaling', 'learned', 'bad-adapter-config'],
    ['non_linearity', 'leakyrelu', 'bad-adapter-config'],
    ['reduction_factor', { default: 16 }, 'bad-adapter-config'],
  ])('%s', async (key, value, code) => {
    const files = await recorded('par-bn');
    const changed = { ...(files.config.config as object), [key]: value };
    const read = () =>
      adapterFromFiles(config, { ...files, config: { ...files.config, config: changed } });
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(key) }));
  });

  test('a tensor that the config does not name, and one that it misses', async () => {
    const files = await recorded('par-bn');
    const config2 = {
      ...files.config,
      config: { ...(files.config.config as object), leave_out: [1] },
    };
    expect(() => adapterFromFiles(config, { ...files, config: config2 })).toThrow(
      expect.objectContaining({ code: 'unknown-tensor' }),
    );
    const [first] = files.tensors.keys();
    const fewer = new Map([...files.tensors].filter(([name]) => name !== first));
    expect(() => adapterFromFiles(config, { ...files, tensors: fewer })).toThrow(
      expect.objectContaining({ code: 'missing-tensor' }),
    );
  });
});
