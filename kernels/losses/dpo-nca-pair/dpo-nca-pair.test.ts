import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoNcaPair } from './dpo-nca-pair.ts';

test('both answers at the reference cost 2 log 2; likelier chosen and less likely rejected cost less', () => {
  expect(lossOfPair(dpoNcaPair, 0, 0, {})).toBeCloseTo(2 * Math.LN2, 12);
  const expected = Math.log(4 / 3) + 0.5 * Math.log(4) + 0.5 * Math.log(4 / 3);
  expect(lossOfPair(dpoNcaPair, Math.log(3), -Math.log(3), { beta: 1 })).toBeCloseTo(expected, 12);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoNcaPair, {}, { reference: true });
});
