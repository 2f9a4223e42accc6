import { expect, test } from 'vitest';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { cpoIpo } from './cpo-ipo.ts';

test('the lead of the averages should be 1 / (2 beta), whatever the lengths', () => {
  expect(lossOfPair(cpoIpo, -1, -4, { beta: 0.5 }, [7, 9])).toBeCloseTo(4, 12);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(cpoIpo, { beta: 0.5, alpha: 0.1 }, { reference: false, averages: true });
});
