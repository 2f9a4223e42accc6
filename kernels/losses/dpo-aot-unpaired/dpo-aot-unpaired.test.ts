import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { checkPairGradients } from '../pair-loss/checks.ts';
import { dpoAotUnpaired } from './dpo-aot-unpaired.ts';

/** Log-ratios of 5, 1, 3 of the chosen and 0, 2, 1 of the rejected. */
const inputs = {
  logps: array([6], [5, 1, 3, 0, 2, 1]),
  refLogps: array([6], new Float32Array(6)),
  lengths: array([6], [1, 1, 1, 1, 1, 1]),
  scale: array([1], [1]),
};

test('sorted ratios are compared: 1 with 0, 3 with 1, 5 with 2', () => {
  const expected = [1, 2, 3].reduce((sum, d) => sum + Math.log1p(Math.exp(-d)), 0);
  const { loss } = dpoAotUnpaired.reference.forward(inputs, { beta: 1 });
  expect(loss!.data[0]).toBeCloseTo(expected, 12);
});

test('each slope goes back to the answer that the ratio came from', () => {
  const one = { loss: array([1], [1]) };
  const { data } = dpoAotUnpaired.reference.backward(inputs, one, { beta: 1 }).logps!;
  [3, 1, 2, 1, 3, 2].forEach((d, i) => {
    expect(data[i]).toBeCloseTo((i < 3 ? -1 : 1) / (1 + Math.exp(d)), 12);
  });
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoAotUnpaired, { labelSmoothing: 0.1 }, { reference: true });
});
