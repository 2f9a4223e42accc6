import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoApoZero } from './dpo-apo-zero.ts';

test('from 0 to 2: chosen up, rejected down', () => {
  expect(lossOfPair(dpoApoZero, 0, 0, {})).toBeCloseTo(1, 12);
  expect(lossOfPair(dpoApoZero, Math.log(3), -Math.log(4), { beta: 1 })).toBeCloseTo(
    0.25 + 0.2,
    12,
  );
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoApoZero, {}, { reference: true });
});
