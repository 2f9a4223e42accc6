import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants, worstError } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { ppoKlPenalty, ppoKlPenaltyReference } from './ppo-kl-penalty.ts';

const problem = (n: number): HostArrays => ({
  logps: random([n], 1, 2),
  oldLogps: random([n], 2, 2),
  advantages: random([n], 3, 4),
  mask: array(
    [n],
    Float32Array.from({ length: n }, (_, i) => (i % 4 === 1 ? 0 : 1)),
  ),
  beta: array([1], [1.5]),
  scale: array([1], [1 / 7]),
});

test.each([1, 63, 64, 65, 257, 70_001])(
  'loss and gradient of %i tokens equal float64',
  async (n) => {
    await checkKernel(ppoKlPenalty, problem(n), {}, { needs: ['logps'] });
  },
);

test('the metrics of 3000 tokens equal float64', async () => {
  const { device } = await testGpu();
  const inputs = problem(3000);
  const expected = ppoKlPenaltyReference.metrics(inputs);
  for (const [label, traits] of await variants()) {
    const { metrics } = await runRecorded(
      device,
      inputs,
      (r, t) => ({ ...ppoKlPenalty.forward(r, t as never, {}) }),
      traits,
    );
    metrics!.data.forEach((value, i) => {
      // Sums of signed numbers cancel: compared with the count of tokens, as the means are.
      expect(Math.abs(value - expected[i]!) / 3000, `${label} ${i}`).toBeLessThan(1e-6);
    });
  }
});

test('near the old policy the pull back keeps its digits', async () => {
  const { device } = await testGpu();
  const d = [1e-6, -1e-6, 1e-4, -1e-3, 0.1, -0.4, 0.49];
  const inputs: HostArrays = {
    ...problem(7),
    logps: array([7], d),
    oldLogps: array([7], new Float32Array(7)),
    advantages: array([7], new Float32Array(7)),
    mask: array([7], new Float32Array(7).fill(1)),
  };
  const { gradient } = await runRecorded(device, inputs, (r, t) => ({
    ...ppoKlPenalty.forward(r, t as never, {}),
  }));
  const truth = ppoKlPenaltyReference.backward(inputs, { loss: array([1], [1]) }).logps!.data;
  gradient!.data.forEach((value, i) => {
    expect(Math.abs(value / truth[i]! - 1), `d = ${d[i]}`).toBeLessThan(1e-6);
  });
});

test('log-ratios of ±1000 give neither NaN nor infinity', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    ...problem(4),
    logps: array([4], [-1000, 0, 0, 0]),
    oldLogps: array([4], [0, -1000, -1000, -1000]),
    advantages: array([4], [1, 1, 0, -1e-30]),
    mask: array([4], [1, 1, 1, 1]),
  };
  const { loss, gradient } = await runRecorded(device, inputs, (r, t) => ({
    ...ppoKlPenalty.forward(r, t as never, {}),
  }));
  expect(worstError(loss!, ppoKlPenaltyReference.forward(inputs).loss!)).toBeLessThan(1e-5);
  const truth = ppoKlPenaltyReference.backward(inputs, { loss: array([1], [1]) });
  expect(worstError(gradient!, truth.logps!)).toBeLessThan(1e-5);
});
