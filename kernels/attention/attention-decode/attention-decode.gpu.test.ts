import { test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { type AttentionDecodeOptions, attentionDecode } from './attention-decode.ts';

async function check(options: AttentionDecodeOptions, capacity: number, lengths: number[]) {
  const { heads, kvHeads, headDim } = options;
  const batch = lengths.length;
  const inputs = {
    q: random([batch, heads * headDim], 1, 4),
    kCache: random([batch, capacity, kvHeads * headDim], 2, 4),
    vCache: random([batch, capacity, kvHeads * headDim], 3, 2),
    lengths: array([batch], Int32Array.from(lengths)),
  };
  // What was never written must not matter.
  lengths.forEach((length, b) => {
    const end = (b + 1) * capacity * kvHeads * headDim;
    const first = (b * capacity + length) * kvHeads * headDim;
    for (const { data } of [inputs.kCache, inputs.vCache]) data.fill(Number.NaN, first, end);
  });
  await checkKernel(attentionDecode, inputs, options, { tolerance: 3e-6 });
}

test.each([1, 63, 64, 65, 257])('over a cache of %i equals float64', async (capacity) => {
  const lengths = [capacity, 1, Math.ceil(capacity / 2), 0];
  await check({ heads: 4, kvHeads: 2, headDim: 16 }, capacity, lengths);
});

test.each([1, 7, 32, 36, 64, 128, 256])('with a head dimension of %i', async (headDim) => {
  await check({ heads: 3, kvHeads: 1, headDim }, 40, [40, 33]);
});

test.each([1, 8, 1000])('with a window of %i', async (window) => {
  await check({ heads: 2, kvHeads: 2, headDim: 8, window }, 70, [70, 5, 9]);
});

test.each([
  [7, 1],
  [10, 2],
  [8, 8],
])('with %i query heads over %i of keys', async (heads, kvHeads) => {
  await check({ heads, kvHeads, headDim: 32, window: 20 }, 40, [40, 3]);
  await check({ heads, kvHeads, headDim: 16, scale: 0.5 }, 40, [33, 0]);
});

test('with the heads of SmolLM2 over 1500 tokens', async () => {
  await check({ heads: 9, kvHeads: 3, headDim: 64 }, 1600, [1500]);
});
