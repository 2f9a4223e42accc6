import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoHinge } from './dpo-hinge.ts';

test('what the lead lacks of 1 / beta counts, and nothing past it', () => {
  expect(lossOfPair(dpoHinge, 4, 0, { beta: 0.1 })).toBeCloseTo(0.6, 12);
  expect(lossOfPair(dpoHinge, -5, 5, { beta: 0.1 })).toBeCloseTo(2, 12);
  expect(lossOfPair(dpoHinge, 11, 0, { beta: 0.1 })).toBe(0);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoHinge, { beta: 0.17 }, { reference: true });
});
