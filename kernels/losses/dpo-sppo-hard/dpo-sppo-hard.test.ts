import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoSppoHard } from './dpo-sppo-hard.ts';

test('ratios should be 1 / (2 beta) up and as much down', () => {
  expect(lossOfPair(dpoSppoHard, 5, -5, { beta: 0.1 })).toBeCloseTo(0, 12);
  expect(lossOfPair(dpoSppoHard, 6, -3, { beta: 0.1 })).toBeCloseTo(1 + 4, 12);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoSppoHard, {}, { reference: true });
});
