import { expect, test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { array, type HostArrays } from '../../contract/index.ts';
import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoAot } from './dpo-aot.ts';

testPairKernel(dpoAot, [{}, { labelSmoothing: 0.1, beta: 0.2 }], { reference: true });

test('equal margins keep the order of their pairs', async () => {
  const pairs = 70;
  const inputs: HostArrays = {
    logps: array(
      [2 * pairs],
      Float32Array.from({ length: 2 * pairs }, (_, i) => (i < pairs ? i % 3 : 0)),
    ),
    refLogps: random([2 * pairs], 5, 4),
    lengths: array([2 * pairs], new Float32Array(2 * pairs).fill(1)),
    scale: array([1], [1]),
  };
  await checkKernel(dpoAot, inputs, { beta: 0.5 }, { needs: ['logps'] });
  expect(new Set(inputs.logps!.data).size).toBe(3);
});
