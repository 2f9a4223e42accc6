import { expect, test } from 'vitest';
import {
  type NamedReward,
  type RewardBatch,
  repetitionPenalty,
  rewardTable,
  softOverlongPunishment,
  thinkFormatReward,
} from './rewards.ts';

const batch = (completion_ids: number[][], completions: unknown[] = []): RewardBatch => ({
  prompts: [],
  completions,
  completion_ids,
  trainer_state: { generation: 0 },
  log_metric: () => undefined,
});
const idsOf = (length: number) => Array<number>(length).fill(1);

test('thinking comes first, once, and is closed', () => {
  const texts = [
    '<think>\nThis is my reasoning.\n</think>\nThis is my answer.',
    '<think>\nThis is my reasoning.\nThis is my answer.',
    'Well. <think>so</think> yes',
    '<think>a<think>b</think></think>',
    [{ role: 'assistant', content: '<think></think>' }],
  ];
  expect(thinkFormatReward.score(batch([], texts))).toEqual([1, 0, 0, 0, 1]);
});

test('length costs nothing at first, then linearly, then 1', () => {
  const { score } = softOverlongPunishment(100, 20);
  expect(score(batch([80, 90, 100, 101].map(idsOf)))).toEqual([0, -0.5, -1, -1]);
});

test('repeated n-grams cost their share', () => {
  const ids = [[1, 2, 3, 4], [5, 5, 5, 5, 5], [5]];
  expect(repetitionPenalty(2, -1).score(batch(ids))).toEqual([0 * -1, -0.75, 0]);
});

test('opinions of several functions stand side by side, in 32 bits', async () => {
  const some: NamedReward[] = [
    { name: 'tenth', score: () => [0.1, null] },
    { name: 'later', score: async () => [Number.NaN, 2] },
    { name: 'yes', score: () => [true, false] as unknown as number[] },
  ];
  expect(await rewardTable(some, batch([[1], [2]]))).toEqual([
    [Math.fround(0.1), null, 1],
    [null, 2, 0],
  ]);
});

test.each<[string, () => unknown, RegExp]>([
  ['reward-shape', () => undefined, /returned nothing/],
  ['reward-shape', () => [1], /1 rewards for 2 completions/],
  ['reward-shape', () => [1, 'good'], /"good" as a reward/],
  ['reward-shape', () => [1, Number.POSITIVE_INFINITY], / Infinity as a reward/],
  ['reward-shape', () => [1, 1e300], /1e\+300 as a reward/],
  [
    'reward-failed',
    () => {
      throw new Error('no oven');
    },
    /cake failed: no oven/,
  ],
])('%s: %s', async (code, score, message) => {
  const cake = { name: 'cake', score } as NamedReward;
  await expect(rewardTable([cake], batch([[1], [2]]))).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});
