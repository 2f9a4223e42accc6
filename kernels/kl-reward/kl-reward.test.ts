import { expect, test } from 'vitest';
import { array, Recording } from '../contract/index.ts';
import recorded from '../gae/fixtures/trl-ppo.json' with { type: 'json' };
import { adaptKlCoefficient, klReward, klRewardReference } from './kl-reward.ts';

const inputs = {
  logps: array([4], [-1, -2, -3, Number.NaN]),
  refLogps: array([4], [-2, -2, -1, 0]),
  mask: array([4], [1, 1, 1, 0]),
  scores: array([2], [5, 7]),
  places: array([2], Int32Array.of(3, -1)),
  coefficient: array([1], [0.5]),
};

test('a token that the reference finds unlikely costs, and the score comes at its place', () => {
  const { kl, rewards } = klRewardReference.forward(inputs, {});
  [1, 0, -2, 0].forEach((value, i) => {
    expect(kl!.data[i]).toBeCloseTo(value, 12);
  });
  [-0.5, 0, 1, 5].forEach((value, i) => {
    expect(rewards!.data[i]).toBeCloseTo(value, 12);
  });
});

test('k3 never pays for leaving the reference', () => {
  const { kl } = klRewardReference.forward(inputs, { estimator: 'k3' });
  [1 / Math.E, 0, Math.E ** 2 - 3, 0].forEach((value, i) => {
    expect(kl!.data[i]).toBeCloseTo(value, 12);
  });
});

test.each(recorded.filter(({ whitenRewards }) => !whitenRewards))(
  'rewards are those of TRL: $case',
  (run) => {
    const count = run.rows * run.length;
    const counted = (i: number) => i % run.length < run.lengths[Math.floor(i / run.length)]!;
    const { rewards } = klRewardReference.forward(
      {
        logps: array([count], run.logps),
        refLogps: array([count], run.refLogps),
        mask: array(
          [count],
          Float32Array.from({ length: count }, (_, i) => (counted(i) ? 1 : 0)),
        ),
        scores: array([run.rows], run.score),
        places: array(
          [run.rows],
          Int32Array.from(run.scoreIndex, (at, row) => row * run.length + at),
        ),
        coefficient: array([1], Float64Array.of(run.klCoef)),
      },
      { estimator: run.klEstimator as 'k1' | 'k3' },
    );
    run.rewards.forEach((value, i) => {
      expect(Math.abs(rewards!.data[i]! - value), `${i}`).toBeLessThan(2e-7);
    });
  },
);

test('the adaptive coefficient grows above the target, falls below it, and never by more than a fifth of its share', () => {
  const batch = { target: 6, samples: 512, horizon: 10_000 };
  expect(adaptKlCoefficient(0.15, { ...batch, kl: 6 })).toBe(0.15);
  expect(adaptKlCoefficient(0.15, { ...batch, kl: 6.6 })).toBeCloseTo(0.15 * 1.00512, 12);
  expect(adaptKlCoefficient(0.15, { ...batch, kl: 60 })).toBeCloseTo(0.15 * 1.01024, 12);
  expect(adaptKlCoefficient(0.15, { ...batch, kl: -1 })).toBeCloseTo(0.15 * 0.98976, 12);
  expect(() => adaptKlCoefficient(0.15, { ...batch, target: 0, kl: 1 })).toThrow(/target 0/);
  expect(() => adaptKlCoefficient(0.15, { ...batch, kl: Number.NaN })).toThrow(/NaN/);
});

test('another estimator, and places that are not one a score, are refused', () => {
  const recorder = new Recording({} as never);
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, recorder.tensor(name, shape)]),
  ) as never as Parameters<typeof klReward.forward>[1];
  expect(() => klReward.forward(recorder, given, { estimator: 'k2' as never })).toThrow(/k2/);
  const places = recorder.tensor('places', [3]);
  expect(() => klReward.forward(recorder, { ...given, places }, {})).toThrow(/places has shape/);
});
