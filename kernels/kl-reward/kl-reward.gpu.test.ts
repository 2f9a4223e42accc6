import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { klReward, klRewardReference } from './kl-reward.ts';

const problem = (n: number): HostArrays => {
  const rows = Math.ceil(n / 7);
  return {
    logps: random([n], 1, 3),
    refLogps: random([n], 2, 3),
    mask: array(
      [n],
      Float32Array.from({ length: n }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    ),
    scores: random([rows], 3, 4),
    places: array(
      [rows],
      Int32Array.from({ length: rows }, (_, row) => (row % 5 === 2 ? -1 : 7 * row)),
    ),
    coefficient: array([1], [0.05]),
  };
};

test.each([1, 63, 64, 65, 257, 70_001])('rewards of %i tokens equal float64', async (n) => {
  await checkKernel(klReward, problem(n), { estimator: 'k1' });
  await checkKernel(klReward, problem(n), { estimator: 'k3' });
});

test('k3 keeps the digits of small differences', async () => {
  const { device } = await testGpu();
  const d = [1e-4, -1e-4, 1e-3, -0.02, 0.1, -0.4, 0.49];
  const inputs: HostArrays = {
    ...problem(7),
    logps: array([7], new Float32Array(7)),
    refLogps: array([7], d),
  };
  inputs.mask = array([7], new Float32Array(7).fill(1));
  const { kl } = await runRecorded(device, inputs, (r, t) => ({
    ...klReward.forward(r, t as never, { estimator: 'k3' }),
  }));
  const truth = klRewardReference.forward(inputs, { estimator: 'k3' }).kl!.data;
  kl!.data.forEach((value, i) => {
    expect(Math.abs(value / truth[i]! - 1), `d = ${d[i]}`).toBeLessThan(1e-6);
  });
});

test('a place without a token may hold anything, and a place beyond the last adds nothing', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    logps: array([3], [-1, Number.NaN, Number.NEGATIVE_INFINITY]),
    refLogps: array([3], [-2, 0, Number.NaN]),
    mask: array([3], [1, 0, 0]),
    scores: array([2], [4, 9]),
    places: array([2], Int32Array.of(1, 3)),
    coefficient: array([1], [0.5]),
  };
  for (const estimator of ['k1', 'k3'] as const) {
    const { rewards } = await runRecorded(device, inputs, (r, t) => ({
      ...klReward.forward(r, t as never, { estimator }),
    }));
    expect(rewards!.data[1]).toBe(4);
    expect(rewards!.data[2]).toBeCloseTo(0, 12);
  }
});
