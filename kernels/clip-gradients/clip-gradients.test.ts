import { expect, test } from 'vitest';
import { Recording } from '../contract/index.ts';
import { clipGradientsReference, recordClip } from './clip-gradients.ts';

test('a norm of 5 clipped to 1 gives the coefficient of PyTorch', () => {
  const [norm, coefficient, finite] = clipGradientsReference([[3], [0, 4]], 1);
  expect([norm, finite]).toEqual([5, 1]);
  expect(coefficient).toBe(1 / (5 + 1e-6));
});

test('gradients below the bound stay, and so they do without one', () => {
  expect(clipGradientsReference([[3, 4]], 6)[1]).toBe(1);
  expect(clipGradientsReference([[3, 4]], 0)[1]).toBe(1);
  expect(clipGradientsReference([[3, 4]], Number.POSITIVE_INFINITY)[1]).toBe(1);
});

test('squares that float64 cannot hold still have a norm', () => {
  expect(clipGradientsReference([[3e200, 4e200]], 0)[0]).toBeCloseTo(5e200, -190);
});

test('no gradients at all are refused', () => {
  const recorder = new Recording({} as never);
  const maxNorm = recorder.tensor('maxNorm', [1]);
  expect(() => recordClip(recorder, { gradients: [], maxNorm })).toThrow(/no gradients/);
});
