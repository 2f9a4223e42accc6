import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { writeCacheReference } from '../../attention/write-cache/write-cache.ts';
import { checkKernel, checkTangent, random, worstError } from '../../contract/checks.ts';
import { array, Recording, runRecorded } from '../../contract/index.ts';
import { splitHeads, splitHeadsReference, splitIntoCaches } from './split-heads.ts';

function inputs(tokens: number, heads: number, headDim: number) {
  return {
    qkv: random([tokens, heads * headDim], 1),
    cos: random([tokens + 3, headDim / 2], 2),
    sin: random([tokens + 3, headDim / 2], 3),
    positions: array(
      [tokens],
      Int32Array.from({ length: tokens }, (_, t) => ((t * 7) % (tokens + 3)) - 1),
    ),
  };
}

test.each([1, 63, 64, 65, 257])('%i tokens and their gradients equal float64', async (tokens) => {
  await checkKernel(splitHeads, inputs(tokens, 5, 10), { heads: 3, kvHeads: 1, headDim: 10 });
});

test('the heads of SmolLM2 equal float64', async () => {
  await checkKernel(splitHeads, inputs(300, 15, 64), { heads: 9, kvHeads: 3, headDim: 64 });
});

test.each([10, 16])('without angles heads of %i are only taken apart', async (headDim) => {
  const { qkv } = inputs(65, 7, headDim);
  const options = { heads: 3, kvHeads: 2, headDim };
  await checkKernel(splitHeads, { qkv }, options);
  const { q } = splitHeadsReference.forward({ qkv }, options);
  expect([...q!.data.subarray(0, 3)]).toEqual([...qkv.data.subarray(0, 3)]);
});

test.each([10, 64])(
  'keys and values go to their places in caches, heads of %i',
  async (headDim) => {
    const { device } = await testGpu();
    const options = { heads: 3, kvHeads: 2, headDim };
    const [tokens, capacity] = [5, 6];
    const all = {
      ...inputs(tokens, 7, headDim),
      // The last two are outside the cache.
      positions: array([tokens], Int32Array.from([5, 0, 3, -1, 6])),
      kCache: random([tokens, capacity, 2 * headDim], 4),
      vCache: random([tokens, capacity, 2 * headDim], 5),
    };
    const found = await runRecorded(device, all, (recorder, tensors) => {
      const { qkv, cos, sin, positions, kCache, vCache } = tensors as never;
      const q = splitIntoCaches(recorder, { qkv, cos, sin, positions, kCache, vCache }, options);
      return { q, kCache, vCache };
    });
    const { q, k, v } = splitHeadsReference.forward(all, options);
    const written = (cache: typeof all.kCache, rows: typeof q) =>
      writeCacheReference({ cache, rows: rows!, positions: all.positions }, { length: 1 });
    expect(worstError(found.q!, q!)).toBeLessThan(2e-6);
    expect(worstError(found.kCache!, written(all.kCache, k))).toBeLessThan(2e-6);
    expect(worstError(found.vCache!, written(all.vCache, v))).toBe(0);
  },
);

test('a width that is not that of the heads is refused with its numbers', () => {
  const recorder = new Recording({} as never);
  const tensors = {
    qkv: recorder.tensor('qkv', [2, 10]),
    cos: recorder.tensor('cos', [4, 2]),
    sin: recorder.tensor('sin', [4, 2]),
    positions: recorder.tensor('positions', [2], 'i32'),
  };
  const options = { heads: 2, kvHeads: 1, headDim: 4 };
  expect(() => splitHeads.forward(recorder, tensors, options)).toThrow('[·,16]');
  const { positions: _, ...lost } = { ...tensors, qkv: recorder.tensor('qkv', [2, 16]) };
  expect(() => splitHeads.forward(recorder, lost, options)).toThrow('no positions');
});

test.each([1, 63, 65, 257])('%i tokens move as they are turned and taken apart', async (tokens) => {
  const options = { heads: 3, kvHeads: 1, headDim: 10 };
  await checkTangent(splitHeads, inputs(tokens, 5, 10), options, { wrt: ['qkv'] });
});
