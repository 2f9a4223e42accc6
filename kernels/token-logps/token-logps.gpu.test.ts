import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants, worstError } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { tokenLogps, tokenLogpsReference } from './token-logps.ts';

/** N rows of H on V tokens; every third target left out where N > 2. */
function problem(n: number, h: number, v: number, scale = 4): HostArrays {
  const targets = Int32Array.from({ length: n }, (_, i) => (i % 3 === 2 ? -100 : (i * 31) % v));
  return {
    hidden: random([n, h], 1, scale),
    weight: random([v, h], 2, 1),
    targets: array([n], targets),
  };
}

test.each([1, 63, 64, 65, 257, 3001, 20_004])(
  'over %i tokens, values and gradients equal float64',
  async (v) => {
    await checkKernel(
      tokenLogps,
      problem(5, 16, v),
      {},
      { tolerance: 1e-6, gradientTolerance: 3e-6 },
    );
  },
);

test.each([1, 63, 64, 65, 257])('of %i rows, values and gradients equal float64', async (n) => {
  await checkKernel(
    tokenLogps,
    problem(n, 24, 40),
    {},
    { tolerance: 1e-6, gradientTolerance: 3e-6 },
  );
});

test('chunks give what one piece gives', async () => {
  await checkKernel(tokenLogps, problem(75, 24, 40), { chunk: 16 }, { gradientTolerance: 3e-6 });
});

test.each([
  [64, [64, 64, 24]],
  [5, [3, 1, 7]],
])('an output layer in parts of %i rows and %j gives what the whole gives', async (n, sizes) => {
  const all = problem(n, 16, 8);
  const rows = sizes.reduce((a, b) => a + b, 0);
  const targets = Int32Array.from({ length: n }, (_, i) => (i % 3 === 2 ? -100 : (i * 31) % rows));
  const parts = sizes.map((size, i) => [i ? `weight${i}` : 'weight', random([size, 16], 5 + i, 2)]);
  const inputs = { ...all, ...Object.fromEntries(parts), targets: array([n], targets) };
  const tolerances = { tolerance: 1e-6, gradientTolerance: 3e-6 };
  await checkKernel(tokenLogps, inputs, {}, tolerances);
  await checkKernel(tokenLogps, inputs, { chunk: 16 }, tolerances);
});

test('a temperature divides logits and gradients', async () => {
  await checkKernel(
    tokenLogps,
    problem(9, 16, 65),
    { temperature: 0.6 },
    { gradientTolerance: 3e-6 },
  );
});

// A logit of 200 is itself only good to 1e-5.
test('logits of ±200 give neither NaN nor overflow', async () => {
  const inputs = problem(9, 16, 65, 200);
  await checkKernel(tokenLogps, inputs, {}, { tolerance: 2e-5 });
});

test.each(['logps', 'entropy'])('only the gradient of %s may be there', async (name) => {
  await checkKernel(
    tokenLogps,
    problem(9, 16, 65),
    {},
    { outputs: [name], gradientTolerance: 3e-6 },
  );
});

test('hits go to the lowest of equal logits; lse stays; rows without target are 0', async () => {
  const { device } = await testGpu();
  const v = 300;
  const weight = new Float32Array(v);
  for (const [i, x] of [
    [7, 5],
    [130, 5],
    [131, 6],
    [290, 6],
  ] as const)
    weight[i] = x;
  const inputs = {
    hidden: array([5, 1], [1, 1, 1, -1, 1]),
    weight: array([v, 1], weight),
    targets: array([5], Int32Array.of(131, 290, 7, 0, -100)),
  };
  const expected = tokenLogpsReference.statistics(inputs, {});
  for (const [label, traits] of await variants()) {
    const { correct, lse } = await runRecorded(
      device,
      inputs,
      (r, t) => ({ ...tokenLogps.forward(r, t as never, {}) }),
      traits,
    );
    expect([...correct!.data], label).toEqual([1, 0, 0, 1, 0]);
    expect([...expected.correct!.data]).toEqual([1, 0, 0, 1, 0]);
    expect(worstError(lse!, expected.lse!)).toBeLessThan(1e-6);
  }
});

test('a nearly certain target keeps the digits of its log-probability and gradient', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    hidden: array([3, 2], [1, 0, 0, 1, 1, 0]),
    weight: array([4, 2], [12, 16, 0.25, 0.5, -0.5, 0.125, 0.125, 0.375]),
    targets: array([3], Int32Array.of(0, 0, 2)),
    dlogps: array([3], [1, 1, 1]),
  };
  const expected = tokenLogpsReference.forward(inputs, {}).logps!.data;
  const one = { logps: array([3], [1, 1, 1]) };
  const truth = tokenLogpsReference.backward(inputs, one, {}).weight!.data;
  for (const [label, traits] of await variants()) {
    const { logps, weight } = await runRecorded(
      device,
      inputs,
      (r, t) => {
        const own = t as never as Parameters<typeof tokenLogps.forward>[1];
        const outputs = tokenLogps.forward(r, own, {});
        const { dlogps } = t;
        const needs = { weight: true };
        const gradients = { logps: dlogps! };
        const context = { inputs: own, outputs, options: {}, gradients, needs, into: {} };
        return { ...outputs, ...tokenLogps.backward!(r, context) };
      },
      traits,
    );
    for (let i = 0; i < 3; i++) {
      expect(Math.abs(logps!.data[i]! / expected[i]! - 1), `${label} ${i}`).toBeLessThan(1e-5);
    }
    // Column 1 of dweight comes from row 1 alone, whose target has probability 1 - 5e-7.
    expect(Math.abs(weight!.data[1]! / truth[1]! - 1), label).toBeLessThan(1e-5);
  }
});

test('gradients add into what stands there, over chunks and from another batch', async () => {
  const { device } = await testGpu();
  const inputs = problem(70, 24, 40);
  const arrays = {
    ...inputs,
    dlogps: random([70], 5),
    a: random([70, 24], 6),
    b: random([40, 24], 7),
  };
  const truth = tokenLogpsReference.backward(inputs, { logps: arrays.dlogps }, {});
  for (const [label, traits] of await variants()) {
    const { a, b } = await runRecorded(
      device,
      arrays,
      (r, { dlogps, a, b, ...rest }) => {
        const own = rest as never as Parameters<typeof tokenLogps.forward>[1];
        const options = { chunk: 16 };
        const outputs = tokenLogps.forward(r, own, options);
        const needs = { hidden: true, weight: true };
        const into = { hidden: a!, weight: b! };
        const gradients = { logps: dlogps! };
        const found = tokenLogps.backward!(r, {
          inputs: own,
          outputs,
          options,
          gradients,
          needs,
          into,
        });
        expect([found.hidden, found.weight]).toEqual([a, b]);
        return { a, b };
      },
      traits,
    );
    const sum = (x: Float64Array, before: ArrayLike<number>) => x.map((v, i) => v + before[i]!);
    const [hidden, weight] = [truth.hidden!, truth.weight!].map(
      ({ data }) => data as Float64Array,
    ) as [Float64Array, Float64Array];
    const add = { shape: a!.shape, data: sum(hidden, arrays.a.data) };
    expect(worstError(a!, add), label).toBeLessThan(3e-6);
    expect(
      worstError(b!, { shape: b!.shape, data: sum(weight, arrays.b.data) }),
      label,
    ).toBeLessThan(3e-6);
  }
});

const extras = { logSumSquares: true, meanLogits: true };

test.each([1, 63, 64, 65, 257, 3001, 20_004])(
  'over %i tokens, the sum of squares and the mean of the logits equal float64 if asked for',
  async (v) => {
    const { device } = await testGpu();
    const inputs = problem(75, 16, v);
    const expected = tokenLogpsReference.statistics(inputs, { temperature: 0.7 });
    for (const [label, traits] of await variants()) {
      const found = await runRecorded(
        device,
        inputs,
        (r, t) => {
          const own = t as never as Parameters<typeof tokenLogps.forward>[1];
          return { ...tokenLogps.forward(r, own, { ...extras, temperature: 0.7, chunk: 32 }) };
        },
        traits,
      );
      for (const name of ['logSumSquares', 'meanLogits']) {
        const error = worstError(found[name]!, expected[name]!, 1e-3);
        expect(error, `${label}: ${name}`).toBeLessThan(2e-6);
      }
    }
  },
);

test('values and gradients do not change where more is asked for; what is not asked for is not there', async () => {
  await checkKernel(tokenLogps, problem(9, 16, 65), extras, { gradientTolerance: 3e-6 });
  const { device } = await testGpu();
  for (const options of [{}, { logSumSquares: true }, { meanLogits: true }]) {
    const found = await runRecorded(device, problem(9, 16, 65), (r, t) => ({
      ...tokenLogps.forward(r, t as never, options),
    }));
    const more = Object.keys(found).filter((name) => name in extras);
    expect(more).toEqual(Object.keys(options));
  }
});

test('a nearly certain token keeps the digits of ln Σ p²', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    hidden: array([2, 2], [1, 0, 0, 1]),
    weight: array([4, 2], [12, 16, 0.25, 0.5, -0.5, 0.125, 0.125, 0.375]),
    targets: array([2], Int32Array.of(0, 2)),
  };
  const expected = tokenLogpsReference.statistics(inputs, {}).logSumSquares!.data;
  for (const [label, traits] of await variants()) {
    const { logSumSquares } = await runRecorded(
      device,
      inputs,
      (r, t) => ({ ...tokenLogps.forward(r, t as never, extras) }),
      traits,
    );
    for (let i = 0; i < 2; i++) {
      const relative = Math.abs(logSumSquares!.data[i]! / expected[i]! - 1);
      expect(relative, `${label} ${i}`).toBeLessThan(1e-5);
    }
  }
});
