import { expect, test } from 'vitest';
import { Recording } from '../contract/index.ts';
import {
  conjugateGradientReference,
  conjugateGradientState,
  recordConjugateGradientStep,
} from './conjugate-gradient.ts';

/** x → A x of a dense matrix. */
const dense = (rows: number[][]) => (x: Float64Array) =>
  Float64Array.from(rows, (row) => row.reduce((sum, value, i) => sum + value * x[i]!, 0));
const near = (found: ArrayLike<number>, wanted: readonly number[]) =>
  wanted.forEach((value, i) => {
    expect(found[i], `${i}`).toBeCloseTo(value, 12);
  });

test('two equations are solved in two iterations', () => {
  const product = dense([
    [4, 1],
    [1, 3],
  ]);
  const solved = conjugateGradientReference(product, Float64Array.of(1, 2), { iterations: 2 });
  near(solved.x, [1 / 11, 7 / 11]);
  expect(solved.residualNorm).toBeCloseTo(0, 12);
  expect(solved.curvature).toBeCloseTo(15 / 11, 12);
  expect(solved.gradientNorm).toBeCloseTo(Math.sqrt(5), 12);
});

test('damping stands for a matrix with as much on its diagonal', () => {
  const b = Float64Array.of(3, -1);
  const plain = dense([
    [4, 1],
    [1, 3],
  ]);
  const damped = dense([
    [4.5, 1],
    [1, 3.5],
  ]);
  const one = conjugateGradientReference(plain, b, { iterations: 1, damping: 0.5 });
  near(one.x, [...conjugateGradientReference(damped, b, { iterations: 1 }).x]);
});

test('no gradient has the solution 0, and iterations past the solution change nothing', () => {
  const product = dense([[2]]);
  near(conjugateGradientReference(product, Float64Array.of(0), { iterations: 3 }).x, [0]);
  near(conjugateGradientReference(product, Float64Array.of(4), { iterations: 9 }).x, [2]);
});

test('a length that 4 does not divide, and buffers that differ, are refused', () => {
  const recorder = new Recording({} as never);
  const state = recorder.tensor('state', conjugateGradientState(0));
  const flat = (n: number, m = n) => ({
    product: recorder.tensor('product', [n]),
    direction: recorder.tensor('direction', [n]),
    solution: recorder.tensor('solution', [m]),
    residual: recorder.tensor('residual', [n]),
  });
  const record = (...flats: ReturnType<typeof flat>[]) =>
    recordConjugateGradientStep(recorder, { flats, state });
  expect(() => record(flat(64), flat(6))).toThrow(/\[64,6\]/);
  expect(() => record()).toThrow(/0 buffers/);
  expect(() => record(flat(64, 128))).toThrow(/solution has shape \[128\]/);
});

test('an iteration takes three dispatches, or six where residuals are kept, however long the vector is', () => {
  const names = ['product', 'direction', 'solution', 'residual'] as const;
  const record = (n: number, kept: number, counted = true) => {
    const recorder = new Recording({} as never);
    const flat = Object.fromEntries(names.map((name) => [name, recorder.tensor(name, [n])]));
    if (kept > 0) flat.kept = recorder.tensor('kept', [kept, n]);
    const state = recorder.tensor('state', conjugateGradientState(kept));
    const iteration = counted ? { iteration: recorder.tensor('iteration', [1], 'u32') } : {};
    recordConjugateGradientStep(recorder, { flats: [flat as never], state }, iteration);
    return recorder.calls;
  };
  for (const n of [64, 2 ** 20, 2 ** 27]) {
    expect(record(n, 0)).toHaveLength(3);
    expect(record(n, 10)).toHaveLength(6);
    for (const { workgroups } of record(n, 10)) expect(workgroups[0]).toBeLessThanOrEqual(256);
  }
  expect(() => record(64, 10, false)).toThrow(/10 residuals are kept/);
});
