import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { checkPairGradients } from '../pair-loss/checks.ts';
import { dpoAot } from './dpo-aot.ts';

/** Margins of 5, 1, 3 under the policy and 2, 0, 1 under the reference. */
const inputs = {
  logps: array([6], [5, 1, 3, 0, 0, 0]),
  refLogps: array([6], [2, 0, 1, 0, 0, 0]),
  lengths: array([6], [1, 1, 1, 1, 1, 1]),
  scale: array([1], [1]),
};

test('sorted margins are compared: 1 with 0, 3 with 1, 5 with 2', () => {
  const expected = [1, 2, 3].reduce((sum, d) => sum + Math.log1p(Math.exp(-d)), 0);
  expect(dpoAot.reference.forward(inputs, { beta: 1 }).loss!.data[0]).toBeCloseTo(expected, 12);
});

test('each slope goes back to the pair that the margin came from', () => {
  const { data } = dpoAot.reference.backward(inputs, { loss: array([1], [1]) }, { beta: 1 }).logps!;
  [3, 1, 2].forEach((d, pair) => {
    const slope = -1 / (1 + Math.exp(d));
    expect(data[pair]).toBeCloseTo(slope, 12);
    expect(data[3 + pair]).toBeCloseTo(-slope, 12);
  });
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoAot, { labelSmoothing: 0.1 }, { reference: true });
});
