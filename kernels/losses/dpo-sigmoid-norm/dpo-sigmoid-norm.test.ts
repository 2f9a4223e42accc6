import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoSigmoidNorm } from './dpo-sigmoid-norm.ts';

test('averages over tokens stand in for sums', () => {
  const lead = 12 / 4 - -10 / 5;
  const expected = Math.log1p(Math.exp(-0.2 * lead));
  expect(lossOfPair(dpoSigmoidNorm, 12, -10, { beta: 0.2 }, [4, 5])).toBeCloseTo(expected, 12);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoSigmoidNorm, { beta: 2 }, { reference: true });
});
