import { testGpu } from '@attune/gpu/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { columnMean } from '../column-mean/column-mean.ts';
import { random, worstError } from '../contract/checks.ts';
import {
  type Dtype,
  type HostArray,
  runRecorded,
  type Shape,
  type Tensor,
} from '../contract/index.ts';
import { embedding } from '../embedding/embedding.ts';
import { multiply } from '../matmul/matmul.reference.ts';
import { forceMatmulVariant, matmulVariants, recordMatmul } from '../matmul/matmul.ts';
import { dequantised, packBlocks, type QuantisedDtype } from './quantised.ts';
import { blocksOf } from './testing.ts';

afterEach(() => forceMatmulVariant(undefined));

const quantised: QuantisedDtype[] = ['q8_0', 'q4_0', 'q4_1', 'q4_k'];

/** A weight of this shape: its words for the GPU, and its numbers in float64. */
function weight(dtype: Dtype, shape: Shape, seed: number): { words: HostArray; truth: HostArray } {
  if (dtype === 'bf16') {
    const bits = new Uint32Array(random(shape, seed).data.buffer.slice(0));
    const high = Uint16Array.from(bits, (word) => word >>> 16);
    const truth = Float64Array.from(new Float32Array(bits.map((word) => word & 0xffff0000).buffer));
    const words = new Uint32Array(high.buffer);
    return { words: { shape: [words.length], data: words }, truth: { shape, data: truth } };
  }
  const raw = blocksOf(dtype as QuantisedDtype, shape, seed);
  const words = packBlocks(dtype as QuantisedDtype, raw);
  const truth = dequantised(dtype as QuantisedDtype, raw);
  return { words: { shape: [words.length], data: words }, truth: { shape, data: truth } };
}

/** The words as a tensor of `dtype`. */
function typed(words: Tensor, shape: Shape, dtype: Dtype): Tensor {
  return { ...words, shape, dtype, view: { of: words, offset: 0 } };
}

/** The worst error of x·Wᵀ, of dx = dy·W and of a single row, against float64. */
async function worst(dtype: Dtype): Promise<number> {
  const { device } = await testGpu();
  const errors: number[] = [];
  for (const [m, columns, rows, transposeB] of [
    [33, 512, 67, true],
    [37, 256, 68, false],
    [1, 256, 44, true],
    [3, 256, 45, true],
    [8, 512, 36, true],
  ] as const) {
    const shape = [rows, columns];
    const [n, k] = transposeB ? [rows, columns] : [columns, rows];
    const { words, truth } = weight(dtype, shape, 3);
    const a = random([m, k], 1);
    const { y } = await runRecorded(device, { a, words }, (recorder, all) => {
      const b = typed(all.words!, shape, dtype);
      return { y: recordMatmul(recorder, { a: all.a!, b }, { transposeB }) };
    });
    const product = multiply(a.data, truth.data as Float64Array, [m, n, k], { transposeB });
    errors.push(worstError(y!, { shape: [m, n], data: product }));
  }
  return Math.max(...errors);
}

test.each(matmulVariants.filter(({ name }) => name !== 'naive').map(({ name }) => name))(
  'the variant %s multiplies blocks as their float64 numbers do',
  async (name) => {
    forceMatmulVariant(name);
    expect(await worst('q4_1')).toBeLessThan(2e-6);
  },
);

test.each(matmulVariants.map(({ name }) => name))(
  'the variant %s joins a low-rank pair, a bias and an addend to blocks, and adds to what stands there',
  async (name) => {
    forceMatmulVariant(name);
    const { device } = await testGpu();
    for (const [m, n] of [
      [1, 44],
      [3, 45],
      [8, 36],
    ] as const) {
      const [k, rank] = [64, 8];
      const { words, truth } = weight('q4_0', [n, k], 5);
      const given = {
        a: random([m, k], 1),
        low: random([m, rank], 2),
        up: random([n, rank], 3),
        bias: random([n], 4),
        addend: random([m, n], 6),
        into: random([m, n], 7),
      };
      const { y } = await runRecorded(
        device,
        { ...given, words },
        (recorder, { words: w, ...all }) => ({
          y: recordMatmul(
            recorder,
            { ...all, a: all.a!, b: typed(w!, [n, k], 'q4_0') },
            { transposeB: true, scale: 0.5 },
          ),
        }),
      );
      const options = { transposeB: true, scale: 0.5 };
      const product = multiply(given.a.data, truth.data as Float64Array, [m, n, k], options);
      const more = multiply(given.low.data, given.up.data, [m, n, rank], options);
      const sums = product.map(
        (value, i) =>
          value + more[i]! + given.bias.data[i % n]! + given.addend.data[i]! + given.into.data[i]!,
      );
      expect(worstError(y!, { shape: [m, n], data: sums })).toBeLessThan(2e-6);
    }
  },
);

describe.each([...quantised, 'bf16'] as Dtype[])('a weight in %s', (dtype) => {
  test('multiplies as its float64 numbers do, both ways round', async () => {
    expect(await worst(dtype)).toBeLessThan(2e-6);
  });

  test('gives means of columns', async () => {
    const { device } = await testGpu();
    const shape = [300, 256];
    const { words, truth } = weight(dtype, shape, 6);
    const { y } = await runRecorded(device, { words }, (recorder, all) =>
      columnMean.forward(recorder, { x: typed(all.words!, shape, dtype) }, {}),
    );
    expect(worstError(y!, columnMean.reference.forward({ x: truth }, {}).y!)).toBeLessThan(2e-6);
  });

  test('gives embeddings', async () => {
    const { device } = await testGpu();
    const shape = [20, 256];
    const { words, truth } = weight(dtype, shape, 4);
    const ids = { shape: [5], data: Int32Array.of(19, 0, -1, 7, 7) };
    const { y } = await runRecorded(device, { words, ids }, (recorder, all) =>
      embedding.forward(recorder, { table: typed(all.words!, shape, dtype), ids: all.ids! }, {}),
    );
    const expected = embedding.reference.forward({ table: truth, ids }, {}).y!;
    expect(worstError(y!, expected)).toBeLessThan(2e-7);
  });
});

test('a row that is no whole number of blocks is refused', async () => {
  const { device } = await testGpu();
  const words = { shape: [64], data: new Uint32Array(64) };
  const run = runRecorded(device, { a: random([2, 48], 1), words }, (recorder, all) => {
    const b = typed(all.words!, [2, 48], 'q8_0');
    return { y: recordMatmul(recorder, { a: all.a!, b }, { transposeB: true }) };
  });
  await expect(run).rejects.toMatchObject({ code: 'wrong-shape' });
});
