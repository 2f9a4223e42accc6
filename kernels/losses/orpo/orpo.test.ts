import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { orpo, orpoMetricNames } from './orpo.ts';

test('the odds of 3/4 are 9 times those of 1/4', () => {
  const expected = 0.2 * Math.log(10 / 9);
  expect(lossOfPair(orpo, Math.log(3 / 4), Math.log(1 / 4), { beta: 0.2 })).toBeCloseTo(
    expected,
    12,
  );
});

test('its own metrics are log σ of the log odds ratio and the log odds ratio', () => {
  const inputs = {
    logps: array([2], Float64Array.of(Math.log(3 / 4), Math.log(1 / 4))),
    lengths: array([2], [1, 1]),
    scale: array([1], [1]),
  };
  const metrics = orpo.reference.metrics(inputs, { beta: 0.2 });
  expect(metrics.length).toBe(orpoMetricNames.length);
  expect(metrics[6]).toBeCloseTo(Math.log(9 / 10), 12);
  expect(metrics[7]).toBeCloseTo(Math.log(9), 12);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(orpo, { beta: 0.3 }, { reference: false, averages: true });
});
