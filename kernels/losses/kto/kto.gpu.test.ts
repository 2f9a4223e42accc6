import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, variants, worstError } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { unpairedProblem } from './checks.ts';
import { kto, ktoReference } from './kto.ts';

const options = { beta: 0.1, desirableWeight: 1.3, undesirableWeight: 0.8 };

test.each([1, 63, 64, 65, 257, 1025])(
  'loss and gradient of %i answers equal float64',
  async (n) => {
    await checkKernel(kto, unpairedProblem(n), options, { needs: ['logps'] });
  },
);

test('padding does not count, whatever stands there', async () => {
  await checkKernel(kto, unpairedProblem(70, 9), options, { needs: ['logps'] });
});

test('the metrics of 257 answers equal float64', async () => {
  const { device } = await testGpu();
  const inputs = unpairedProblem(257, 3);
  const expected = ktoReference.metrics(inputs, options);
  for (const [label, traits] of await variants()) {
    const { metrics } = await runRecorded(
      device,
      inputs,
      (r, t) => ({ ...kto.forward(r, t as never, options) }),
      traits,
    );
    metrics!.data.forEach((value, i) => {
      expect(Math.abs(value / expected[i]! - 1), `${label} ${i}`).toBeLessThan(2e-6);
    });
  }
});

test('log-ratios of ±1000 give neither NaN nor infinity', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    logps: array([4], [1000, -1000, 1000, -1000]),
    refLogps: array([4], new Float32Array(4)),
    klLogps: array([4], [1000, 1000, 1000, 1000]),
    refKlLogps: array([4], new Float32Array(4)),
    labels: array([4], [1, 1, 0, 0]),
    scale: array([1], [1]),
  };
  const { loss, gradient } = await runRecorded(device, inputs, (r, t) => ({
    ...kto.forward(r, t as never, {}),
  }));
  expect(worstError(loss!, ktoReference.forward(inputs, {}).loss!)).toBeLessThan(2e-6);
  const slopes = ktoReference.backward(inputs, { loss: array([1], [1]) }, {}).logps!;
  expect(worstError(gradient!, slopes)).toBeLessThan(2e-6);
});
