import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoApoDown } from './dpo-apo-down.ts';

test('chosen down, rejected further down', () => {
  expect(lossOfPair(dpoApoDown, 0, 0, {})).toBeCloseTo(1, 12);
  const expected = 0.25 + 1 - 0.8;
  expect(lossOfPair(dpoApoDown, -Math.log(3), -Math.log(12), { beta: 1 })).toBeCloseTo(
    expected,
    12,
  );
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoApoDown, {}, { reference: true });
});
