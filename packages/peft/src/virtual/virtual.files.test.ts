import { readFileSync } from 'node:fs';
import { openModel } from '@attune/model';
import { describe, expect, test } from 'vitest';
import { tensorsOf } from '../adapter-tensors.ts';
import { adapterFromFiles, readAdapter } from '../index.ts';

const fixtures = new URL('../../fixtures', import.meta.url).pathname;
const { config } = await openModel(`${fixtures}/families/llama`);
const recorded = (name: string) =>
  readAdapter(async (file) => readFileSync(`${fixtures}/peft/${name}/adapter/${file}`));

test('a recorded adapter is written as it was read', async () => {
  const files = await recorded('prompt-text');
  const { method, values } = adapterFromFiles(config, files);
  const baseModel = files.config.base_model_name_or_path as string;
  const written = method.save(values, { baseModel, base: files.config });
  const again = await readAdapter(async (file) => written.get(file)!);
  expect(again.config).toEqual(files.config);
  expect(again.tensors).toEqual(files.tensors);
});

test('an encoder is written beside what it makes, and only with it can training go on', async () => {
  const { method, values } = adapterFromFiles(config, await recorded('ptuning-lstm'));
  expect(method).toMatchObject({ kind: 'P_TUNING', evaluated: true });
  const fresh = new Map<string, Float32Array>();
  const whole = adapterFromFiles(config, {
    ...(await recorded('ptuning-lstm')),
    encoder: await encoderOf('ptuning-lstm'),
  });
  for (const [name, data] of whole.values) fresh.set(name, data);
  expect(whole.method).toMatchObject({ evaluated: false });
  const written = whole.method.save(fresh, { baseModel: 'base' });
  expect([...written.keys()]).toContain('prompt_encoder.safetensors');
  const again = await readAdapter(async (file) => written.get(file)!);
  // PEFT evaluated the same encoder after training.
  const made = again.tensors.get('prompt_embeddings')!.data;
  const theirs = [...values.values()][0]!;
  made.forEach((value, i) => void expect(value).toBeCloseTo(theirs[i]!, 5));
});

const encoderOf = (name: string) =>
  tensorsOf(readFileSync(`${fixtures}/peft/${name}/final.safetensors`), 'final.safetensors');

describe('files that do not fit', () => {
  const change = async (change: Record<string, unknown>, tensor = 'prompt_embeddings') => {
    const { config: json, tensors } = await recorded('prompt-text');
    const data = tensors.get('prompt_embeddings')!;
    return { config: { ...json, ...change }, tensors: new Map([[tensor, data]]) };
  };
  test.each<[string, Record<string, unknown>, string | undefined, string]>([
    ['another number of tokens', { num_virtual_tokens: 4 }, undefined, 'wrong-shape'],
    ['a number that is none', { num_virtual_tokens: 'ten' }, undefined, 'bad-adapter-config'],
    ['another model', { num_layers: 30 }, undefined, 'bad-adapter-config'],
    ['a start that is unknown', { prompt_tuning_init: 'ZERO' }, undefined, 'bad-adapter-config'],
    ['a tensor by another name', {}, 'embeddings', 'missing-tensor'],
    ['a method that is not computed', { peft_type: 'IA3' }, undefined, 'unsupported-peft-type'],
  ])('%s is refused by name', async (_, changed, tensor, code) => {
    const files = await change(changed, tensor);
    expect(() => adapterFromFiles(config, files)).toThrow(expect.objectContaining({ code }));
  });
});
