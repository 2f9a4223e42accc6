import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { simpo } from './simpo.ts';

test('the lead should be gamma', () => {
  const expected = Math.log1p(Math.exp(-(2 * 1.5 - 0.5)));
  expect(lossOfPair(simpo, -0.5, -2, { beta: 2 })).toBeCloseTo(expected, 12);
  expect(lossOfPair(simpo, -0.5, -2, { beta: 2, simpoGamma: 3 })).toBeCloseTo(Math.LN2, 12);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(
    simpo,
    { beta: 2, simpoGamma: 1, alpha: 0.25, labelSmoothing: 0.1 },
    { reference: false, averages: true },
  );
});
