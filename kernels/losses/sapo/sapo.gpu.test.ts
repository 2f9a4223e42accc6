import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, worstError } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { sapo, sapoReference } from './sapo.ts';

const problem = (n: number): HostArrays => ({
  logps: random([n], 1, 2),
  oldLogps: random([n], 2, 2),
  advantages: random([n], 3, 4),
  mask: array(
    [n],
    Float32Array.from({ length: n }, (_, i) => (i % 4 === 1 ? 0 : 1)),
  ),
  scale: array([1], [1 / 7]),
});

test.each([1, 63, 64, 65, 257, 70_001])(
  'loss and gradient of %i tokens equal float64',
  async (n) => {
    await checkKernel(sapo, problem(n), {}, { needs: ['logps'] });
  },
);

test('metrics equal float64, and ratios of e^±100 give neither NaN nor infinity', async () => {
  const { device } = await testGpu();
  const inputs = problem(3000);
  const run = (given: HostArrays) =>
    runRecorded(device, given, (r, t) => ({ ...sapo.forward(r, t as never, {}) }));
  const { metrics } = await run(inputs);
  const expected = array([3], sapoReference.metrics(inputs, {}));
  expect(worstError(metrics!, expected)).toBeLessThan(2e-6);
  const far: HostArrays = {
    logps: array([4], [-100, 100, 1000, 0]),
    oldLogps: array([4], [0, 0, 0, 0]),
    advantages: array([4], [1, -1, 1, 1]),
    mask: array([4], [1, 1, 1, 1]),
    scale: array([1], [1]),
  };
  const { loss, gradient } = await run(far);
  const truth = sapoReference.backward(far, { loss: array([1], [1]) }, {}).logps!;
  expect(worstError(loss!, sapoReference.forward(far, {}).loss!)).toBeLessThan(1e-6);
  expect(worstError(gradient!, truth)).toBeLessThan(1e-6);
});
