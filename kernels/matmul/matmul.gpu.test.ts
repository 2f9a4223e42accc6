import { testGpu } from '@attune/gpu/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { checkKernel, checkTangent, random, worstError } from '../contract/checks.ts';
import { type HostArray, type HostArrays, runRecorded, type Tensor } from '../contract/index.ts';
import { multiply } from './matmul.reference.ts';
import {
  forceMatmulVariant,
  type MatmulOptions,
  type MatmulTensors,
  matmul,
  matmulVariants,
  recordMatmul,
} from './matmul.ts';

afterEach(() => forceMatmulVariant(undefined));

type Layout = [string, MatmulOptions];
const nn: Layout = ['NN', {}];
const nt: Layout = ['NT', { transposeB: true }];
const tn: Layout = ['TN', { transposeA: true }];
const layouts: Layout[] = [nn, nt, tn, ['TT', { transposeA: true, transposeB: true }]];

/** m, n, k. */
type Size = [number, number, number];
/** The odd sizes, multiples of 4 around tile borders, skinny ones, long k, and one large. */
const sizes: Size[] = [
  [1, 1, 1],
  [63, 65, 64],
  [64, 64, 64],
  [65, 63, 257],
  [257, 1, 63],
  [1, 257, 65],
  [1, 67, 576],
  [68, 132, 36],
  [8, 576, 100],
  [128, 8, 576],
  [130, 576, 8],
  [12, 8, 1200],
  [30, 44, 512],
  [256, 384, 512],
];

const odd: Size = [65, 63, 33];
const even: Size = [68, 132, 96];
/** Better computed transposed. */
const turned: Size = [72, 8, 40];
/** One token's decoding. */
const token: Size = [1, 44, 40];

interface Extra {
  batch?: number;
  bias?: boolean;
  addend?: boolean;
  into?: boolean;
  rank?: number;
  half?: boolean;
}

/** The product in float64, with all that may join it. */
function truth(arrays: HostArrays, [m, n, k]: Size, options: MatmulOptions, extra: Extra) {
  const { scale = 1, transposeB = false } = options;
  const batch = extra.batch ?? 1;
  const y = new Float64Array(batch * m * n);
  for (let i = 0; i < batch; i++) {
    const a = arrays.a!.data.subarray(i * m * k, (i + 1) * m * k);
    const b = arrays.b!.data.subarray(i * k * n, (i + 1) * k * n);
    y.set(multiply(a, b, [m, n, k], options), i * m * n);
  }
  const { low, up, bias, addend, into } = arrays;
  const more = low && up && multiply(low.data, up.data, [m, n, extra.rank!], { transposeB, scale });
  return y.map(
    (value, i) =>
      value +
      (more?.[i] ?? 0) +
      (bias?.data[i % n] ?? 0) +
      (addend?.data[i] ?? 0) +
      (into?.data[i] ?? 0),
  );
}

/** Two f16 in each word; the values are rounded to f16 by the caller. */
function packHalves(values: HostArray): HostArray {
  const half = (value: number) => {
    const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
    const exponent = ((bits >>> 23) & 255) - 112;
    const sign = (bits >>> 16) & 0x8000;
    return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 1023);
  };
  const words = new Uint32Array(values.data.length / 2);
  words.forEach((_, i) => {
    words[i] = half(values.data[2 * i]!) | (half(values.data[2 * i + 1]!) << 16);
  });
  return { shape: [words.length], data: words };
}

async function compare(name: string, size: Size, options: MatmulOptions, extra: Extra = {}) {
  const { device } = await testGpu();
  const [m, n, k] = size;
  const { transposeA, transposeB } = options;
  const front = extra.batch ? [extra.batch] : [];
  const r = extra.rank ?? 0;
  const arrays: HostArrays = {
    a: random([...front, ...(transposeA ? [k, m] : [m, k])], 1),
    b: random([...front, ...(transposeB ? [n, k] : [k, n])], 2),
    ...(r && { low: random([m, r], 5), up: random(transposeB ? [n, r] : [r, n], 6) }),
    ...(extra.bias && { bias: random([n], 3) }),
    ...(extra.addend && { addend: random([...front, m, n], 7) }),
    ...(extra.into && { into: random([...front, m, n], 4) }),
  };
  const { b } = arrays;
  for (let i = 0; extra.half && i < b!.data.length; i++) {
    b!.data[i] = Math.round(b!.data[i]! * 256) / 256;
  }
  const given = extra.half ? { ...arrays, b: packHalves(b!) } : arrays;
  const { y } = await runRecorded(device, given, (recorder, all) => {
    const halves: Tensor = {
      ...all.b!,
      shape: b!.shape,
      dtype: 'f16',
      view: { of: all.b!, offset: 0 },
    };
    const tensors = { ...all, ...(extra.half && { b: halves }) } as unknown as MatmulTensors;
    return { y: recordMatmul(recorder, tensors, options) };
  });
  const expected = { shape: y!.shape, data: truth(arrays, size, options, extra) };
  const where = `${name} ${JSON.stringify({ m, n, k, ...options, ...extra })}`;
  expect(worstError(y!, expected), where).toBeLessThan(2e-6);
}

describe.each(matmulVariants.map((v) => v.name))('the variant %s', (name) => {
  test.each(layouts)('equals the float64 product at every size, %s', async (_, options) => {
    forceMatmulVariant(name);
    for (const size of sizes) await compare(name, size, options);
  });

  test.each([nt, tn])(
    'adds bias, addend and y, scales, and takes batches, %s',
    async (_, layout) => {
      forceMatmulVariant(name);
      for (const size of [odd, even, turned, token]) {
        await compare(name, size, { ...layout, scale: 0.25 }, { bias: true, addend: true });
      }
      await compare(name, odd, { ...layout, scale: -2 }, { into: true, batch: 3 });
      await compare(name, turned, layout, { into: true, batch: 2 });
      // Long enough to be split.
      await compare(name, [20, 24, 768], { ...layout, scale: 0.5 }, { into: true });
    },
  );

  test.each([nn, tn])('keeps to blocks along the diagonal, %s', async (_, layout) => {
    forceMatmulVariant(name);
    await compare(name, even, {
      ...layout,
      blocks: [
        [20, 40],
        [36, 72],
      ],
    });
    await compare(
      name,
      odd,
      {
        ...layout,
        blocks: [
          [7, 9],
          [8, 9],
        ],
        scale: 2,
      },
      { into: true },
    );
    await compare(name, turned, { ...layout, blocks: [[50, 3]] }, { into: true, addend: true });
    await compare(name, token, { ...layout, blocks: [[1, 13]] });
  });

  test.each([nn, nt])('joins a low-rank pair, whatever its rank, %s', async (_, layout) => {
    forceMatmulVariant(name);
    await compare(name, even, { ...layout, scale: 0.5 }, { rank: 20, bias: true });
    await compare(name, token, layout, { rank: 8 });
    await compare(name, even, layout, { rank: 3 });
    await compare(name, odd, layout, { rank: 4 });
  });

  test.each([nn, nt])('reads b as f16, %s', async (_, layout) => {
    forceMatmulVariant(name);
    for (const size of [even, token, [5, 6, 10]] as Size[]) {
      await compare(name, size, layout, { half: true });
    }
  });
});

describe('matmul', () => {
  test.each([false, true])(
    'and its gradients equal the reference (transposeWeight %s)',
    async (t) => {
      for (const [m, n, k] of [
        [1, 63, 65],
        [64, 257, 1],
        [2, 64, 576],
      ] as const) {
        await checkKernel(
          matmul,
          {
            x: random([2, m, k], 1),
            weight: random(t ? [n, k] : [k, n], 2),
            bias: random([n], 3),
            residual: random([2, m, n], 4),
          },
          { transposeWeight: t },
        );
      }
      await checkKernel(
        matmul,
        { x: random([3, 20, 36], 1), weight: random(t ? [3, 28, 36] : [3, 36, 28], 2) },
        { transposeWeight: t },
      );
    },
  );

  test('adds the gradients of weight and bias to those of an earlier micro-batch', async () => {
    const { device } = await testGpu();
    const inputs = { x: random([40, 24], 1), weight: random([16, 24], 2), bias: random([16], 3) };
    const dy = random([40, 16], 5);
    const options = { transposeWeight: true };
    const truth = matmul.reference.backward!(inputs, { y: dy }, options);
    const results = await runRecorded(device, { ...inputs, dy }, (recorder, all) => {
      const context = {
        inputs: { x: all.x!, weight: all.weight!, bias: all.bias! },
        outputs: { y: all.dy! },
        gradients: { y: all.dy! },
        options,
        needs: { weight: true, bias: true },
      };
      const first = matmul.backward!(recorder, { ...context, into: {} });
      const second = matmul.backward!(recorder, { ...context, into: first });
      expect(second.weight).toBe(first.weight);
      return { weight: second.weight, bias: second.bias };
    });
    for (const name of ['weight', 'bias']) {
      const twice = truth[name]!.data.map((v) => 2 * v);
      expect(worstError(results[name]!, { shape: [], data: twice })).toBeLessThan(2e-6);
    }
  });
});

test.each([
  [1, 63, 65],
  [64, 64, 64],
  [65, 257, 63],
  [257, 36, 576],
])('%i rows of %i over %i move with all operands as float64 says', async (m, n, k) => {
  const all = {
    x: random([m, k], 1),
    weight: random([n, k], 2),
    bias: random([n], 3),
    residual: random([m, n], 4),
  };
  const wrt = ['x', 'weight', 'bias', 'residual'];
  await checkTangent(matmul, all, { transposeWeight: true }, { wrt, tolerance: 4e-6 });
  const plain = { x: random([2, m, k], 1), weight: random([k, n], 2) };
  await checkTangent(matmul, plain, {}, { wrt: ['x', 'weight'], tolerance: 4e-6 });
});

test('a stack of matrices moves with both operands, and a bias moves beside a residual alone', async () => {
  const stacks = { x: random([3, 5, 17], 1), weight: random([3, 17, 9], 2) };
  await checkTangent(matmul, stacks, {}, { wrt: ['x', 'weight'] });
  const { device } = await testGpu();
  const arrays = { bias: random([9], 3), residual: random([5, 9], 4) };
  const { y } = await runRecorded(device, arrays, (r, { bias, residual }) => {
    const inputs = { x: r.tensor('x', [5, 4]), weight: r.tensor('weight', [4, 9]) };
    const outputs = { y: r.tensor('y', [5, 9]) };
    const tangents = { bias: bias!, residual: residual! };
    return { ...matmul.tangent!(r, { inputs, outputs, options: {}, tangents }) };
  });
  arrays.residual.data.forEach((value, i) => {
    expect(y!.data[i]).toBeCloseTo(value + arrays.bias.data[i % 9]!, 6);
  });
});
