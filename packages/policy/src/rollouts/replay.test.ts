import { expect, test } from 'vitest';
import { type RecordedRow, type ReplayOptions, recordedSteps, replay } from './replay.ts';

const row = (prompt: number, more: RecordedRow = {}): RecordedRow => ({
  prompt: [prompt, 4],
  completion: [5, 6, 2],
  rewards: [0.5, null],
  ...more,
});
const options: ReplayOptions = {
  rows: [row(7), row(7), row(8), row(8)],
  generationSize: 2,
  numGenerations: 2,
  maxCompletionLength: 4,
  vocabSize: 10,
  positions: 8,
};

test('generation batches come in order, with rewards under given or counted names', async () => {
  const source = replay(options);
  expect([source.generations, source.generationsPerEpoch]).toEqual([2, 2]);
  expect(source.rewardNames).toEqual(['reward_1', 'reward_2']);
  expect(source.longest).toEqual({ prompt: 2, completion: 3 });
  const sampled = await source.completions(1);
  expect(sampled.order).toEqual([0, 1]);
  expect([...sampled.completions[0]!.prompt]).toEqual([8, 4]);
  expect((await source.rewards(sampled)).table[0]).toEqual([0.5, null]);
  await expect(source.completions(2)).rejects.toMatchObject({ code: 'rollouts-exhausted' });
  expect(replay({ ...options, prompts: 9 }).generationsPerEpoch).toBe(9);
  expect(
    replay({
      ...options,
      rows: [row(7, { rewards: undefined, reward: 1 }), row(7, { rewards: [2] })],
    }).rewardNames,
  ).toEqual(['reward_1']);
});

test('the steps of a recording are counted epoch by epoch, each with its short last one', () => {
  // Eight generation batches make steps of 3, 3 and 2 micro-batches; six more make two whole ones.
  expect(recordedSteps({ generations: 22, generationsPerEpoch: 8 }, 1, 3)).toBe(8);
  expect(recordedSteps({ generations: 5, generationsPerEpoch: 8 }, 1, 3)).toBe(1);
  expect(recordedSteps({ generations: 4, generationsPerEpoch: 4 }, 6, 2)).toBe(12);
});

test('the order of training is that of the micro-batches, once a generation batch', async () => {
  const order = [[1], [0], [1], [0], [2], [3]];
  const source = replay({ ...options, order });
  expect((await source.completions(0)).order).toEqual([1, 0]);
  expect((await source.completions(1)).order).toEqual([0, 1]);
  await expect(replay({ ...options, order: [[0], [0]] }).completions(0)).rejects.toMatchObject({
    code: 'rollout-malformed',
  });
});

test.each<[string, Partial<ReplayOptions>, RegExp]>([
  ['rollout-batch', { rows: [] }, /0 rows/],
  ['rollout-batch', { rows: [row(7), row(7), row(8)] }, /3 rows.*not a multiple.* 2 /],
  ['rollout-malformed', { rows: [row(7), { prompt: [7], completion: [] }] }, /Row 2.*completion/],
  ['rollout-malformed', { rows: [row(7), row(11)] }, /Row 2.*prompt.*0 to 9/],
  ['rollout-malformed', { rows: [row(7), row(7, { rewards: undefined })] }, /Row 2.*no rewards/],
  ['rollout-malformed', { rows: [row(7, { rewards: ['good'] }), row(7)] }, /Row 1.*no rewards/],
  ['rollout-rewards', { rows: [row(7), row(7, { rewards: [1] })] }, /Row 2.*1 rewards.*2 reward/],
  ['rollout-rewards', { rewardNames: ['kind'] }, /Row 1.*2 rewards.*1 reward functions \(kind\)/],
  ['rollout-group', { rows: [row(7), row(8)] }, /Row 2.*another prompt/],
  ['rollout-too-long', { maxCompletionLength: 2 }, /Row 1.*3 of completion.*at most 2/],
  ['rollout-too-long', { positions: 4 }, /Row 1.*at most 2/],
  ['rollout-batch', { rows: [row(7, { step: 0 }), row(7, { step: 1 })] }, /Row 2.*step 1/],
  [
    'rollout-batch',
    { rows: [row(7, { step: 0 }), row(7, { step: 0 }), row(7, { step: 0 }), row(7, { step: 0 })] },
    /Row 3.*another one/,
  ],
])('%s: refuses what does not fit (%#)', (code, change, message) => {
  expect(() => replay({ ...options, ...change })).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});
