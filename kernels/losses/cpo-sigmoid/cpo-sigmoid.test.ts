import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { cpoSigmoid } from './cpo-sigmoid.ts';

test('a share of the labels counts the other way round', () => {
  const [right, wrong] = [Math.log1p(Math.exp(-1)), Math.log1p(Math.exp(1))];
  const options = { beta: 0.5, labelSmoothing: 0.25 };
  expect(lossOfPair(cpoSigmoid, -3, -5, options)).toBeCloseTo(0.75 * right + 0.25 * wrong, 12);
});

test('alpha reshapes rewards to (1 - p^-alpha) / alpha', () => {
  const reward = (logp: number) => (1 - Math.exp(logp) ** -0.5) / 0.5;
  const expected = Math.log1p(Math.exp(-(reward(-1) - reward(-2))));
  expect(lossOfPair(cpoSigmoid, -1, -2, { beta: 1, alpha: 0.5 })).toBeCloseTo(expected, 12);
  const inputs = {
    logps: array([2], [-1, -2]),
    lengths: array([2], [1, 1]),
    scale: array([1], [1]),
  };
  const metrics = cpoSigmoid.reference.metrics(inputs, { beta: 1, alpha: 0.5 });
  expect(metrics[0]).toBeCloseTo(reward(-1), 12);
  expect(metrics[4]).toBe(-1);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(cpoSigmoid, { labelSmoothing: 0.2, alpha: 0.01 }, { reference: false });
});
