import { expect, test } from 'vitest';
import { groupRelativeAdvantages, leaveOneOutAdvantages } from './advantages.ts';

const close = (found: ArrayLike<number>, wanted: readonly number[], digits = 4) => {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, digits);
  });
};
const one = { numGenerations: 2, rewardWeights: [1] };

test('a group is measured from its mean, in its standard deviations', () => {
  const { advantages, zeroStd } = groupRelativeAdvantages([[1], [3], [5], [5]], one);
  // The deviation of 1 and 3 is √2, unbiased; equal rewards teach nothing.
  close(advantages, [-1 / (Math.SQRT2 + 1e-4), 1 / (Math.SQRT2 + 1e-4), 0, 0], 10);
  expect(zeroStd).toBe(0.5);
});

test('scaled by the round, or by nothing', () => {
  const table = [[1], [3], [5], [9]];
  const std = Math.sqrt((3.5 ** 2 + 1.5 ** 2 + 0.5 ** 2 + 4.5 ** 2) / 3);
  const batch = groupRelativeAdvantages(table, { ...one, scaleRewards: 'batch' });
  close(batch.advantages, [-1 / std, 1 / std, -2 / std, 2 / std]);
  close(
    groupRelativeAdvantages(table, { ...one, scaleRewards: 'none' }).advantages,
    [-1, 1, -2, 2],
  );
});

test('several rewards are weighed and summed, an absent opinion counting nothing', () => {
  const options = { numGenerations: 2, rewardWeights: [1, 0.5], scaleRewards: 'none' as const };
  close(
    groupRelativeAdvantages(
      [
        [1, 2],
        [2, null],
      ],
      options,
    ).advantages,
    [0, 0],
  );
  close(
    groupRelativeAdvantages(
      [
        [1, 4],
        [2, null],
      ],
      options,
    ).advantages,
    [0.5, -0.5],
  );
});

test('completions that nobody can judge leave the group, and a lone one has no advantage', () => {
  const options = { numGenerations: 3, rewardWeights: [1] };
  const table = [[1], [null], [3], [null], [7], [null]];
  const { advantages } = groupRelativeAdvantages(table, options);
  close(advantages, [-Math.SQRT1_2, 0, Math.SQRT1_2, 0, 0, 0], 3);
  close(leaveOneOutAdvantages(table, options).advantages, [-2, 0, 2, 0, 0, 0], 10);
});

test('normalised one by one, a reward of large numbers does not drown another', () => {
  const options = { numGenerations: 2, rewardWeights: [1, 1] };
  const table = [
    [1000, 0],
    [0, 1],
    [1000, 1],
    [0, 0],
  ];
  const then = { ...options, multiObjectiveAggregation: 'normalize_then_sum' as const };
  const { advantages } = groupRelativeAdvantages(table, then);
  expect(advantages[0]).toBeCloseTo(0, 3);
  expect(advantages[2]).toBeGreaterThan(1);
  expect(advantages[3]).toBeLessThan(-1);
});

test('left out, each is compared with the mean of the others', () => {
  const options = { numGenerations: 3, rewardWeights: [1] };
  close(leaveOneOutAdvantages([[0], [3], [6]], options).advantages, [-4.5, 0, 4.5], 10);
});

test('rewards are held in their range before the divergence is taken off', () => {
  const options = { ...one, rewardClipRange: [0, 1] as const, penalties: [0.5, 0] };
  close(leaveOneOutAdvantages([[7], [0.25]], options).advantages, [0.25, -0.25], 10);
});

test('normalised, advantages have mean 0 and deviation 1', () => {
  const options = { ...one, normalizeAdvantages: true };
  const { advantages } = leaveOneOutAdvantages([[1], [2], [5], [1]], options);
  const mean = advantages.reduce((a, b) => a + b, 0) / 4;
  const squares = advantages.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  expect(mean).toBeCloseTo(0, 10);
  expect(Math.sqrt(squares / 3)).toBeCloseTo(1, 3);
});

test('a reward that is the mean of its group has the advantage 0, of no sign', () => {
  const rewards = [0.75, 5 / 12, 7 / 12].map(Math.fround);
  const options = { numGenerations: 3, rewardWeights: [1] };
  const table = rewards.map((reward) => [reward]);
  expect(groupRelativeAdvantages(table, options).advantages[2]).toBe(0);
  expect(leaveOneOutAdvantages(table, options).advantages[2]).toBe(0);
});
