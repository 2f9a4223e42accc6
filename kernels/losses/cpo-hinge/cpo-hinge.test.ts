import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { cpoHinge } from './cpo-hinge.ts';

test('what the lead of the log-probabilities lacks of 1 / beta counts', () => {
  expect(lossOfPair(cpoHinge, -2, -6, { beta: 0.1 })).toBeCloseTo(0.6, 12);
  expect(lossOfPair(cpoHinge, -2, -16, { beta: 0.1 })).toBe(0);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(cpoHinge, { beta: 0.07 }, { reference: false });
});
