import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoBcoPair } from './dpo-bco-pair.ts';

test('each answer is classified by itself', () => {
  const expected = Math.log(4 / 3) + Math.log(3 / 2);
  expect(lossOfPair(dpoBcoPair, Math.log(3), -Math.log(2), { beta: 1 })).toBeCloseTo(expected, 12);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoBcoPair, {}, { reference: true });
});
