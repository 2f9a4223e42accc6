import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, worstError } from '../../contract/checks.ts';
import { array, runRecorded } from '../../contract/index.ts';
import { dft, dftReference } from './dft.ts';

const problem = (n: number) => ({
  logps: { shape: [n], data: random([n], 1, 8).data.map((x) => x - 4) },
  weights: array(
    [n],
    Float32Array.from({ length: n }, (_, i) => [1, 0, 0.5][i % 3]!),
  ),
  scale: array([1], [1 / 3]),
});

test.each([1, 63, 64, 65, 257, 70_001])(
  'loss and gradient of %i tokens equal float64',
  async (n) => {
    await checkKernel(dft, problem(n), {}, { needs: ['logps'] });
  },
);

test('the metrics are those of nll', async () => {
  const { device } = await testGpu();
  const inputs = problem(300);
  const { metrics } = await runRecorded(device, inputs, (r, t) => ({
    ...dft.forward(r, t as never, {}),
  }));
  const expected = { shape: [2], data: dftReference.metrics(inputs) };
  expect(worstError(metrics!, expected)).toBeLessThan(1e-6);
});
