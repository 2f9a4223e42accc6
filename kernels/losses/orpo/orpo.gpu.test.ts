import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { worstError } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { testPairKernel } from '../pair-loss/checks.ts';
import { orpo, orpoReference } from './orpo.ts';

testPairKernel(orpo, [{}, { beta: 1 }], { reference: false, averages: true });

test('odds keep their digits near certainty', async () => {
  const { device } = await testGpu();
  for (const chosen of [-1e-6, -1e-4, -0.01, -0.69, -0.7, -5, -40]) {
    const inputs: HostArrays = {
      logps: array([2], [chosen, -0.3]),
      lengths: array([2], [4, 4]),
      scale: array([1], [1]),
    };
    const { loss, gradient } = await runRecorded(device, inputs, (r, t) => ({
      ...orpo.forward(r, t as never, { beta: 1 }),
    }));
    const truth = orpoReference.forward(inputs, { beta: 1 }).loss!;
    expect(worstError(loss!, truth), `loss at ${chosen}`).toBeLessThan(4e-6);
    const slopes = orpoReference.backward(inputs, { loss: array([1], [1]) }, { beta: 1 }).logps!;
    expect(worstError(gradient!, slopes), `slopes at ${chosen}`).toBeLessThan(4e-6);
  }
});

test('certain answers give neither NaN nor infinity', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    logps: array([6], [0, 0, -2, 0, -2, 0]),
    lengths: array([6], [1, 1, 1, 1, 1, 1]),
    scale: array([1], [1]),
  };
  const { loss, gradient } = await runRecorded(device, inputs, (r, t) => ({
    ...orpo.forward(r, t as never, {}),
  }));
  expect([...loss!.data, ...gradient!.data].every(Number.isFinite)).toBe(true);
});
