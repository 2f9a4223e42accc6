import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, worstError } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { entropyBonus, entropyBonusReference } from './entropy-bonus.ts';

const problem = (n: number): HostArrays => ({
  entropy: random([n], 1, 8),
  mask: array(
    [n],
    Float32Array.from({ length: n }, (_, i) => (i % 4 === 1 ? 0 : 1)),
  ),
  scale: array([1], [0.02]),
});

test.each([1, 63, 64, 65, 257, 70_001])(
  'loss and gradient of %i tokens equal float64',
  async (n) => {
    const inputs = problem(n);
    inputs.entropy!.data.forEach((x, i, all) => {
      all[i] = x + 4;
    });
    await checkKernel(entropyBonus, inputs, {}, { needs: ['entropy'] });
  },
);

test('metrics equal float64, and a masked token may hold anything', async () => {
  const { device } = await testGpu();
  const inputs = problem(3000);
  inputs.entropy!.data[1] = Number.NaN;
  const { metrics } = await runRecorded(device, inputs, (r, t) => ({
    ...entropyBonus.forward(r, t as never, {}),
  }));
  const truth = array([2], entropyBonusReference.metrics(inputs));
  expect(worstError(metrics!, truth)).toBeLessThan(2e-6);
});
