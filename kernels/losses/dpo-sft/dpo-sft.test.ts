import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { checkPairGradients } from '../pair-loss/checks.ts';
import { dpoSft } from './dpo-sft.ts';

test('the mean is over the tokens of all chosen answers, and counts once a pair', () => {
  const inputs = {
    logps: array([4], [-6, -2, -50, -60]),
    lengths: array([4], [6, 2, 5, 5]),
    scale: array([1], [1 / 2]),
  };
  expect(dpoSft.reference.forward(inputs, {}).loss!.data[0]).toBeCloseTo(8 / 8, 12);
  const weighted = { ...inputs, weights: array([4], [0.5, 1, 1, 0.5]) };
  expect(dpoSft.reference.forward(weighted, {}).loss!.data[0]).toBeCloseTo(0.5, 12);
  const one = { loss: array([1], [1]) };
  expect([...dpoSft.reference.backward(inputs, one, {}).logps!.data]).toEqual([
    -0.125, -0.125, 0, 0,
  ]);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoSft, {}, { reference: true });
});
