import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { array, run } from '../../contract/index.ts';
import { testPairKernel } from '../pair-loss/checks.ts';
import { pairLossMetricNames } from '../pair-loss/pair-loss.ts';
import { dpoSigmoid } from './dpo-sigmoid.ts';

testPairKernel(
  dpoSigmoid,
  [
    {},
    { fDivergenceType: 'forward_kl' },
    { fDivergenceType: 'js_divergence' },
    { fDivergenceType: 'alpha_divergence', fAlphaDivergenceCoef: 0.3 },
  ],
  { reference: true },
);

test('equal answers are a tie, though their sums differ in the last digit', async () => {
  const { device } = await testGpu();
  const vector = (...data: number[]) => array([data.length], data);
  // A pair that rounding alone tells apart, a pair that is a little better, a pair that is worse.
  const inputs = {
    logps: vector(-20.000001, -20, -21, -20.000003, -20.01, -20),
    refLogps: vector(-20, -20, -20, -20, -20, -20),
    lengths: vector(2, 2, 2, 2, 2, 2),
    scale: vector(1 / 3),
  };
  const { metrics } = await run(device, dpoSigmoid, inputs, { beta: 0.1 });
  expect(metrics!.data[pairLossMetricNames.indexOf('rewards/accuracies')]).toBe(1);
});
