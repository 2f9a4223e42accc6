import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { dftReference } from './dft.ts';

const inputs = {
  logps: array([4], [Math.log(0.5), Math.log(0.25), -100, 0]),
  weights: array([4], [1, 2, 0, 1]),
  scale: array([1], [0.5]),
};

test('each token counts as much as it is likely', () => {
  const expected = 0.5 * (0.5 * Math.log(2) + 2 * 0.25 * Math.log(4));
  expect(dftReference.forward(inputs).loss!.data[0]).toBeCloseTo(expected, 7);
  expect(dftReference.metrics(inputs)[1]).toBeCloseTo(Math.log(2) + 2 * Math.log(4), 6);
});

test('the probability has no gradient: the slope is -scale · weight · p, not that of p ln p', () => {
  const { logps } = dftReference.backward(inputs, { loss: array([1], [3]) });
  [-0.75, -0.75, 0, -1.5].forEach((value, i) => {
    expect(logps!.data[i]).toBeCloseTo(value, 7);
  });
});
