import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { rewardPair, rewardPairReference } from './reward-pair.ts';

const one = array([1], [1]);
const loss = (rewards: number[], margins: number[], centering = 0) =>
  rewardPairReference.forward(
    {
      rewards: array([rewards.length], Float64Array.from(rewards)),
      ...(margins.length && { margins: array([margins.length], Float64Array.from(margins)) }),
      scale: one,
    },
    { centering },
  ).loss!.data[0]!;

test('equal rewards cost log 2, whatever they are', () => {
  expect(loss([3, 3], [])).toBeCloseTo(Math.LN2, 12);
  expect(loss([-40, -40], [])).toBeCloseTo(Math.LN2, 12);
});

test('a lead of log 3 costs log 4/3, and a wanted margin of log 3 takes that lead away', () => {
  expect(loss([Math.log(3), 0], [])).toBeCloseTo(Math.log(4 / 3), 12);
  expect(loss([Math.log(3), 0], [Math.log(3)])).toBeCloseTo(Math.LN2, 12);
});

test('far leads cost e^-lead, far lags cost the lag, without overflow', () => {
  expect(loss([700, 0], [])).toBeCloseTo(0, 12);
  expect(loss([30, 0], []) / Math.exp(-30)).toBeCloseTo(1, 9);
  expect(loss([0, 900], [])).toBe(900);
});

test('centering adds the square of the sum of the two rewards', () => {
  expect(loss([2, 1], [], 0.1) - loss([2, 1], [])).toBeCloseTo(0.9, 12);
  expect(loss([2, -2], [], 0.1)).toBe(loss([2, -2], []));
});

test('metrics count the pairs in order and take sums and bounds of all rewards', () => {
  const rewards = array([6], Float64Array.of(2, 0, 1, 1, 0.5, 1));
  const [correct, margin, reward, least, greatest] = rewardPairReference.metrics({ rewards });
  // Equal rewards are no right answer, as in TRL.
  expect([correct, margin, reward, least, greatest]).toEqual([1, 0.5, 5.5, 0, 2]);
});

test('the gradient is that of finite differences', () => {
  const inputs = {
    rewards: random([62], 1, 6),
    margins: random([31], 2, 2),
    scale: array([1], [1 / 31]),
  };
  checkGradients(rewardPair, inputs, { centering: 0.05 }, { wrt: ['rewards'] });
  checkGradients(rewardPair, { ...inputs, margins: random([31], 3, 0) }, {}, { wrt: ['rewards'] });
});

test('an odd number of rewards, margins of another number and a negative weight are refused', () => {
  const recorder = new Recording({} as never);
  const scale = recorder.tensor('scale', [1]);
  const rewards = (n: number) => recorder.tensor('rewards', [n]);
  expect(() => rewardPair.forward(recorder, { rewards: rewards(3), scale }, {})).toThrow(/\[3\]/);
  const margins = recorder.tensor('margins', [3]);
  expect(() => rewardPair.forward(recorder, { rewards: rewards(4), margins, scale }, {})).toThrow(
    /margins has shape \[3\]/,
  );
  expect(() =>
    rewardPair.forward(recorder, { rewards: rewards(4), scale }, { centering: -1 }),
  ).toThrow(/weight -1/);
});
