import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants, worstError } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { rewardPair, rewardPairReference } from './reward-pair.ts';

const problem = (pairs: number): HostArrays => ({
  rewards: random([2 * pairs], 1, 6),
  margins: random([pairs], 2, 2),
  scale: array([1], [1 / pairs]),
});

test.each([1, 63, 64, 65, 257, 5000])(
  'loss and gradient of %i pairs equal float64, with margins and centering and without',
  async (pairs) => {
    const { margins: _, ...plain } = problem(pairs);
    await checkKernel(rewardPair, problem(pairs), { centering: 0.05 }, { needs: ['rewards'] });
    await checkKernel(rewardPair, plain, {}, { needs: ['rewards'] });
  },
);

test('the metrics of 257 pairs equal float64', async () => {
  const { device } = await testGpu();
  const inputs = problem(257);
  const expected = rewardPairReference.metrics(inputs);
  for (const [label, traits] of await variants()) {
    const { metrics } = await runRecorded(
      device,
      inputs,
      (r, t) => ({ ...rewardPair.forward(r, t as never, {}) }),
      traits,
    );
    metrics!.data.forEach((value, i) => {
      expect(Math.abs(value / expected[i]! - 1), `${label} ${i}`).toBeLessThan(2e-6);
    });
  }
});

test('each pair alone keeps its digits: leads of 1e-6 to 60 and as far behind', async () => {
  const { device } = await testGpu();
  for (const lead of [1e-6, 0.01, 1, 8, 20, 60, -1e-6, -1, -20, -60, -1000]) {
    const inputs: HostArrays = {
      rewards: array([2], [lead, 0]),
      scale: array([1], [1]),
    };
    const found = await runRecorded(device, inputs, (r, t) => ({
      ...rewardPair.forward(r, t as never, {}),
    }));
    const { loss } = rewardPairReference.forward(inputs, {});
    expect(worstError(found.loss!, loss!), `loss at ${lead}`).toBeLessThan(3e-6);
    const truth = rewardPairReference.backward(inputs, { loss: array([1], [1]) }, {});
    expect(worstError(found.gradient!, truth.rewards!), `slope at ${lead}`).toBeLessThan(3e-6);
  }
});

test('a reward that is not a number gives a gradient that is not: the step is not applied', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    rewards: array([4], [1, Number.NaN, 0, 0]),
    scale: array([1], [1]),
  };
  const { gradient } = await runRecorded(device, inputs, (r, t) => ({
    ...rewardPair.forward(r, t as never, {}),
  }));
  expect([...gradient!.data].map(Number.isNaN)).toEqual([false, true, false, true]);
});
