import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants, worstError } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { ppoClip, ppoClipReference } from './ppo-clip.ts';

const options = { epsilonLow: 0.2, epsilonHigh: 0.28 };

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
    await checkKernel(ppoClip, problem(n), options, { needs: ['logps'] });
    await checkKernel(ppoClip, problem(n), { ...options, delta: 1.5 }, { needs: ['logps'] });
  },
);

test('the metrics of 3000 tokens equal float64', async () => {
  const { device } = await testGpu();
  const inputs = problem(3000);
  const expected = ppoClipReference.metrics(inputs, options);
  for (const [label, traits] of await variants()) {
    const { metrics } = await runRecorded(
      device,
      inputs,
      (r, t) => ({ ...ppoClip.forward(r, t as never, options) }),
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
    logps: array([4], [-1000, 0, 0, 0]),
    oldLogps: array([4], [0, -1000, -1000, -1000]),
    advantages: array([4], [1, 1, 0, -1e-30]),
    mask: array([4], [1, 1, 1, 1]),
    scale: array([1], [1]),
  };
  const { loss, gradient } = await runRecorded(device, inputs, (r, t) => ({
    ...ppoClip.forward(r, t as never, options),
  }));
  expect(worstError(loss!, ppoClipReference.forward(inputs, options).loss!)).toBeLessThan(1e-5);
  const truth = ppoClipReference.backward(inputs, { loss: array([1], [1]) }, options);
  expect(worstError(gradient!, truth.logps!)).toBeLessThan(1e-5);
});
