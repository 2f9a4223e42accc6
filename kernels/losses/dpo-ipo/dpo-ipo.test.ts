import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoIpo } from './dpo-ipo.ts';

test('the lead of the averages should be 1 / (2 beta)', () => {
  expect(lossOfPair(dpoIpo, 20, -12, { beta: 0.1 }, [4, 8])).toBeCloseTo((5 + 1.5 - 5) ** 2, 12);
  expect(lossOfPair(dpoIpo, 20, 0, { beta: 0.1 }, [4, 1])).toBeCloseTo(0, 12);
});

test('an answer without tokens counts as one token', () => {
  expect(lossOfPair(dpoIpo, 0, -2, { beta: 0.5 }, [0, 4])).toBeCloseTo(0.25, 12);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoIpo, {}, { reference: true });
});
