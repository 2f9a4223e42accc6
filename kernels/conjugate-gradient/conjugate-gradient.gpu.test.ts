import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { random, variants, worstError } from '../contract/checks.ts';
import {
  array,
  type HostArrays,
  type Recorder,
  runRecorded,
  type Tensor,
} from '../contract/index.ts';
import { accumulate } from '../elementwise/accumulate/accumulate.ts';
import { scale } from '../elementwise/scale/scale.ts';
import { recordMatmul } from '../matmul/matmul.record.ts';
import {
  type ConjugateGradientFlat,
  conjugateGradientReference,
  conjugateGradientState,
  recordConjugateGradientEnd,
  recordConjugateGradientNumbers,
  recordConjugateGradientStart,
  recordConjugateGradientStep,
  recordShift,
} from './conjugate-gradient.ts';

interface Options {
  readonly iterations: number;
  readonly damping: number;
  readonly factor?: number;
  /** Earlier residuals that are kept. Default 0. */
  readonly kept?: number;
}

/** Solves on the device: `gradients` in flats, the product as `record` says; the solution of each flat, and the figures. */
async function solve(
  gradients: Float32Array[],
  matrices: HostArrays,
  record: (recorder: Recorder, flats: ConjugateGradientFlat[], all: Record<string, Tensor>) => void,
  { iterations, damping, factor = 1, kept = 0 }: Options,
  check: (label: string, found: HostArrays) => void,
): Promise<void> {
  const { device } = await testGpu();
  const arrays: HostArrays = {
    ...matrices,
    state: array(conjugateGradientState(kept), new Float32Array((6 + 2 * kept) * 256)),
    ...Object.fromEntries(
      Array.from({ length: iterations }, (_, k) => [`k${k}`, array([1], Uint32Array.of(k))]),
    ),
  };
  gradients.forEach((g, i) => {
    arrays[`product${i}`] = array([g.length], g);
    // What an earlier solution left must not matter.
    for (const name of ['direction', 'solution', 'residual']) {
      arrays[`${name}${i}`] = random([g.length], 50 + i);
    }
    if (kept > 0) arrays[`kept${i}`] = random([kept, g.length], 60 + i);
  });
  for (const [label, traits] of await variants()) {
    const found = await runRecorded(
      device,
      arrays,
      (recorder, all) => {
        const flats = gradients.map((_, i) => ({
          product: all[`product${i}`]!,
          direction: all[`direction${i}`]!,
          solution: all[`solution${i}`]!,
          residual: all[`residual${i}`]!,
          ...(kept > 0 && { kept: all[`kept${i}`]! }),
        }));
        const tensors = { flats, state: all.state! };
        recordConjugateGradientStart(recorder, tensors, { factor });
        for (let k = 0; k < iterations; k++) {
          record(recorder, flats, all);
          recordConjugateGradientStep(recorder, tensors, { damping, iteration: all[`k${k}`]! });
        }
        recordConjugateGradientEnd(recorder, tensors);
        record(recorder, flats, all);
        const numbers = recordConjugateGradientNumbers(recorder, tensors, { damping });
        const solutions = flats.map(({ solution }, i) => [`x${i}`, solution]);
        return { numbers, ...Object.fromEntries(solutions) };
      },
      traits,
    );
    check(label, found);
  }
}

const expectNear = (
  label: string,
  found: HostArrays,
  truth: ReturnType<typeof conjugateGradientReference>,
  bar: number,
) => {
  const wanted = [truth.curvature, truth.solutionNorm, truth.residualNorm, truth.gradientNorm];
  wanted.forEach((value, i) => {
    // A residual is what is left of the gradient.
    const whole = i === 2 ? truth.gradientNorm : value;
    const error = Math.abs(found.numbers!.data[i]! - value) / whole;
    expect(error, `${label} number ${i}: ${found.numbers!.data[i]}, not ${value}`).toBeLessThan(
      bar,
    );
  });
};

/** A = M Mᵀ / n of random M, as a symmetric matrix that fours divide; rows past n are 0. */
function symmetric(n: number) {
  const size = Math.ceil(n / 4) * 4;
  const m = random([n, n], 9, 2).data;
  const a = new Float32Array(size * size);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += m[i * n + k]! * m[j * n + k]!;
      a[i * size + j] = sum / n;
    }
  const g = new Float32Array(size);
  g.set(random([n], 3).data);
  return { size, a, g };
}

interface System {
  readonly size: number;
  readonly a: Float32Array;
  readonly g: Float32Array;
}

/** Solves a dense system on the device, and hands over the truth with what was found. */
async function solveDense(
  { size, a, g }: System,
  options: Options,
  check: (
    label: string,
    found: HostArrays,
    truth: ReturnType<typeof conjugateGradientReference>,
  ) => void,
): Promise<void> {
  const product = (x: Float64Array) => {
    const y = new Float64Array(size);
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) y[i]! += a[i * size + j]! * x[j]!;
    return y;
  };
  const b = Float64Array.from(g, (value) => (options.factor ?? 1) * value);
  const truth = conjugateGradientReference(product, b, options);
  await solve(
    [g],
    { a: array([size, size], a) },
    (recorder, [flat], all) => {
      const row = (of: Tensor) => recorder.view(of, [1, size]);
      recordMatmul(recorder, { a: row(flat!.direction), b: all.a!, into: row(flat!.product) });
    },
    options,
    (label, found) => check(label, found, truth),
  );
}

test.each([1, 63, 64, 65, 257])(
  'a system of %i equations equals float64, with residuals kept and without',
  async (n) => {
    for (const kept of [0, 2, 6]) {
      const options = { iterations: 6, damping: 0.1, factor: -1, kept };
      await solveDense(symmetric(n), options, (label, found, truth) => {
        expectNear(label, found, truth, 2e-5);
        const x = { shape: [truth.x.length], data: truth.x };
        expect(worstError(found.x0!, x), `${label}, ${kept} kept`).toBeLessThan(2e-5);
      });
    }
  },
);

test('where a few curvatures are much greater than the rest, residuals that are kept save the digits', async () => {
  const { size, a, g } = symmetric(128);
  for (let i = 0; i < 4; i++) {
    const u = random([size], 20 + i).data;
    for (let j = 0; j < size * size; j++) {
      a[j]! += 4 ** i * u[Math.floor(j / size)]! * u[j % size]!;
    }
  }
  const errors = async (kept: number) => {
    let worst = 0;
    const options = { iterations: 8, damping: 0.1, kept };
    await solveDense({ size, a, g }, options, (_, found, truth) => {
      worst = Math.max(worst, worstError(found.x0!, { shape: [size], data: truth.x }));
    });
    return worst;
  };
  const [plain, orthogonal] = [await errors(0), await errors(8)];
  expect(orthogonal).toBeLessThan(2e-5);
  expect(plain / orthogonal).toBeGreaterThan(10);
});

test('vectors of a million numbers in two buffers are one vector', async () => {
  const factors = [2, 5];
  const gradients = [random([1_000_000], 1).data, random([2052], 2, 30).data] as Float32Array[];
  const b = Float64Array.from([...gradients[0]!, ...gradients[1]!]);
  const of = (i: number) => factors[i < 1_000_000 ? 0 : 1]!;
  const options = { iterations: 2, damping: 0.5 };
  const truth = conjugateGradientReference((x) => x.map((v, i) => of(i) * v), b, options);
  await solve(
    gradients,
    {},
    (recorder, flats) => {
      flats.forEach(({ direction, product }, i) => {
        const { y } = scale.forward(recorder, { x: direction }, { factor: factors[i]! });
        accumulate(recorder, product, y);
      });
    },
    options,
    (label, found) => {
      expectNear(label, found, truth, 1e-5);
      const x = [...found.x0!.data, ...found.x1!.data];
      const all = array([b.length], Float64Array.from(x));
      expect(worstError(all, { shape: [b.length], data: truth.x }), label).toBeLessThan(1e-5);
    },
  );
});

test('no gradient has the solution 0; a product that is not finite shows in the residual', async () => {
  const record = (factor: number) => (recorder: Recorder, flats: ConjugateGradientFlat[]) => {
    const { direction, product } = flats[0]!;
    accumulate(recorder, product, scale.forward(recorder, { x: direction }, { factor }).y);
  };
  const options = { iterations: 3, damping: 0 };
  await solve([new Float32Array(64)], {}, record(2), options, (label, found) => {
    expect([...found.numbers!.data], label).toEqual([0, 0, 0, 0]);
  });
  const g = random([64], 1).data as Float32Array;
  await solve([g], {}, record(3e38), options, (label, found) => {
    expect(Number.isFinite(found.numbers!.data[2]!), label).toBe(false);
  });
});

test('a shift moves from the start, and one by 0 gives it back whatever the direction holds', async () => {
  const { device } = await testGpu();
  const arrays: HostArrays = {
    parameters: random([260], 1),
    start: random([260], 2),
    solution: random([260], 3),
    factor: array([1], [0.25]),
  };
  const shifted = (given: HostArrays) =>
    runRecorded(device, given, (r, t) => {
      recordShift(r, t as never);
      return { parameters: t.parameters };
    });
  const { parameters } = await shifted(arrays);
  parameters!.data.forEach((value, i) => {
    expect(value).toBeCloseTo(arrays.start!.data[i]! + 0.25 * arrays.solution!.data[i]!, 6);
  });
  const solution = array([260], new Float32Array(260).fill(Number.NaN));
  const back = await shifted({ ...arrays, solution, factor: array([1], [0]) });
  expect(back.parameters!.data).toEqual(arrays.start!.data);
});
