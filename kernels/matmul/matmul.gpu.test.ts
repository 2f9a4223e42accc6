import { testGpu } from '@attune/gpu/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { checkKernel, random, variants, worstError } from '../contract/checks.ts';
import { type HostArrays, runRecorded } from '../contract/index.ts';
import { multiply } from './matmul.reference.ts';
import {
  forceMatmulVariant,
  type MatmulOptions,
  matmul,
  matmulVariants,
  recordMatmul,
} from './matmul.ts';

afterEach(() => forceMatmulVariant(undefined));

const layouts: [string, MatmulOptions][] = [
  ['NN', {}],
  ['NT', { transposeB: true }],
  ['TN', { transposeA: true }],
  ['TT', { transposeA: true, transposeB: true }],
];

/** [m, n, k]: the odd sizes, multiples of 4 around tile borders, skinny ones, long k, and one large. */
const sizes: [number, number, number][] = [
  [1, 1, 1],
  [63, 65, 64],
  [64, 64, 64],
  [65, 63, 257],
  [257, 1, 63],
  [1, 257, 65],
  [68, 132, 36],
  [8, 576, 100],
  [128, 8, 576],
  [130, 576, 8],
  [12, 8, 1200],
  [256, 384, 512],
];

/** bias, scale, accumulation onto what stood there, and batches, each compared with float64. */
async function compare(
  name: string,
  [m, n, k]: [number, number, number],
  options: MatmulOptions,
  extra: { batch?: number; bias?: boolean; into?: boolean },
): Promise<void> {
  const { device } = await testGpu();
  const { transposeA = false, transposeB = false } = options;
  const front = extra.batch ? [extra.batch] : [];
  const arrays: HostArrays = {
    a: random([...front, ...(transposeA ? [k, m] : [m, k])], 1),
    b: random([...front, ...(transposeB ? [n, k] : [k, n])], 2),
    ...(extra.bias && { bias: random([n], 3) }),
    into: random([...front, m, n], 4),
  };
  const expected = new Float64Array((extra.batch ?? 1) * m * n);
  for (let i = 0; i < (extra.batch ?? 1); i++) {
    const a = arrays.a!.data.subarray(i * m * k, (i + 1) * m * k);
    const b = arrays.b!.data.subarray(i * k * n, (i + 1) * k * n);
    expected.set(multiply(a, b, [m, n, k], options), i * m * n);
  }
  expected.forEach((_, i) => {
    if (extra.bias) expected[i]! += arrays.bias!.data[i % n]!;
    if (extra.into) expected[i]! += arrays.into!.data[i]!;
  });
  for (const [adapter, traits] of await variants()) {
    const { y } = await runRecorded(
      device,
      arrays,
      (recorder, { a, b, bias, into }) => ({
        y: recordMatmul(
          recorder,
          { a: a!, b: b!, ...(bias && { bias }), ...(extra.into && { into: into! }) },
          options,
        ),
      }),
      traits,
    );
    const error = worstError(y!, { shape: y!.shape, data: expected });
    const where = `${name} ${adapter} ${JSON.stringify({ m, n, k, ...options, ...extra })}`;
    expect(error, where).toBeLessThan(2e-6);
  }
}

describe.each(matmulVariants.map((v) => v.name))('the variant %s', (name) => {
  test.each(layouts)('equals the float64 product at every size, %s', async (_, options) => {
    forceMatmulVariant(name);
    for (const size of sizes) await compare(name, size, options, {});
  });

  test.each(layouts)('adds bias, scales, accumulates and takes batches, %s', async (_, options) => {
    forceMatmulVariant(name);
    for (const size of [
      [65, 63, 33],
      [64, 128, 96],
    ] as [number, number, number][]) {
      await compare(name, size, { ...options, scale: 0.25 }, { bias: true });
      await compare(name, size, { ...options, scale: -2 }, { into: true, batch: 3 });
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
