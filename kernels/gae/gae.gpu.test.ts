import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { klReward } from '../kl-reward/kl-reward.ts';
import { whiten } from '../whiten/whiten.ts';
import recorded from './fixtures/trl-ppo.json' with { type: 'json' };
import { gae } from './gae.ts';

const options = { gamma: 0.97, lam: 0.9 };

/** Rows of 1, 2, … tokens with gaps between them, until `count` tokens are full; every fifth token is passed over. */
function problem(count: number, longest = 100): HostArrays {
  const bounds: number[] = [];
  for (let start = count > 4 ? 1 : 0, row = 0; start < count; row++) {
    const end = Math.min(count, start + 1 + ((row * 7) % longest));
    bounds.push(start, end);
    start = end + (row % 2);
  }
  return {
    rewards: random([count], 1, 2),
    values: random([count], 2, 2),
    bounds: array([bounds.length / 2, 2], Int32Array.from(bounds)),
    mask: array(
      [count],
      Float32Array.from({ length: count }, (_, i) => (i % 5 === 3 ? 0 : 1)),
    ),
  };
}

test.each([1, 63, 64, 65, 257, 70_001])(
  'advantages and returns of %i tokens equal float64, with and without a mask',
  async (n) => {
    const { mask, ...plain } = problem(n);
    await checkKernel(gae, plain, options);
    await checkKernel(gae, { ...plain, mask: mask! }, options);
  },
);

test.each([63, 64, 65, 257, 5003])('a single sequence of %i tokens equals float64', async (n) => {
  const bounds = array([1, 2], Int32Array.of(0, n));
  await checkKernel(gae, { ...problem(n), bounds }, options);
  await checkKernel(gae, { ...problem(n), bounds }, { gamma: 1, lam: 1 }, { tolerance: 5e-6 });
});

test('empty sequences, and bounds beyond the tokens, harm nothing', async () => {
  const bounds = array([4, 2], Int32Array.of(0, 0, 2, 5, 5, 5, 6, 99));
  await checkKernel(gae, { ...problem(9), bounds }, options);
});

test.each(recorded)(
  'rewards, returns and advantages of a whole update are those of TRL: $case',
  async (run) => {
    const { device } = await testGpu();
    const { rows, length } = run;
    const count = rows * length;
    const steps = (last: (row: number) => number) =>
      array(
        [count],
        Float32Array.from({ length: count }, (_, i) =>
          i % length < last(Math.floor(i / length)) ? 1 : 0,
        ),
      );
    const arrays = {
      logps: array([count], run.logps),
      refLogps: array([count], run.refLogps),
      values: array([count], run.values),
      tokens: steps((row) => run.lengths[row]!),
      longer: steps((row) => run.scoreIndex[row]! + 1),
      scores: array([rows], run.score),
      places: array(
        [rows],
        Int32Array.from(run.scoreIndex, (last, row) => row * length + last),
      ),
      bounds: array(
        [rows, 2],
        Int32Array.from({ length: 2 * rows }, (_, i) => Math.ceil(i / 2) * length),
      ),
      coefficient: array([1], [run.klCoef]),
    };
    for (const [label, traits] of await variants()) {
      const found = await runRecorded(
        device,
        arrays,
        (r, t) => {
          const { logps, refLogps, scores, places, coefficient, bounds, values } = t as Required<
            typeof t
          >;
          const estimator = run.klEstimator as 'k1' | 'k3';
          const shaped = klReward.forward(
            r,
            {
              logps: logps!,
              refLogps: refLogps!,
              mask: t.tokens!,
              scores: scores!,
              places: places!,
              coefficient: coefficient!,
            },
            { estimator },
          );
          const rewards = run.whitenRewards
            ? whiten.forward(r, { x: shaped.rewards, mask: t.longer! }, { shiftMean: false }).y
            : shaped.rewards;
          const { advantages, returns } = gae.forward(
            r,
            { rewards, values: values!, bounds: bounds!, mask: t.longer! },
            { gamma: run.gamma, lam: run.lam },
          );
          const whitened = whiten.forward(r, { x: advantages, mask: t.tokens! }, {}).y;
          return { kl: shaped.kl, rewards, returns, advantages: whitened };
        },
        traits,
      );
      for (const name of ['kl', 'rewards', 'returns', 'advantages'] as const) {
        found[name]!.data.forEach((value, i) => {
          // Log-probabilities about -5 were rounded to 5e-7; what is made of them lies no nearer.
          expect(Math.abs(value - run[name][i]!), `${label} ${name} ${i}`).toBeLessThan(3e-6);
        });
      }
    }
  },
);
