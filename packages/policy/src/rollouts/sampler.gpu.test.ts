import { testGpu } from '@attune/gpu/testing';
import { Network, openModel, uploadWeights } from '@attune/model';
import { Executor, Store } from '@attune/plan';
import { afterAll, expect, test } from 'vitest';
import { root } from '../testing.ts';
import { Sampler, type SamplerOptions } from './sampler.ts';

const { config, weights } = await openModel(`${root}/models/policy-llama`);
const store = new Store(await testGpu());
await uploadWeights(store, config, weights);
const policy = { executor: new Executor(store), network: new Network(config) };
afterAll(() => {
  policy.executor.destroy();
  store.destroy();
});

const prompts = Array.from({ length: 5 }, (_, i) => ({
  ids: Int32Array.of(10 + i, 20, 30),
  prompt: `prompt ${i}`,
  columns: { number: i },
}));
const options: SamplerOptions = {
  prompts,
  rewards: [{ name: 'number', score: ({ number }) => number as number[] }],
  generationSize: 4,
  numGenerations: 2,
  maxCompletionLength: 6,
  eosTokenIds: [2],
  decode: (ids) => ids.join(' '),
  seed: 7,
};
const sampler = (change: Partial<SamplerOptions> = {}) =>
  new Sampler(policy, { ...options, ...change });
const firsts = (rollouts: readonly { prompt: Int32Array }[]) =>
  rollouts.map(({ prompt }) => prompt[0]! - 10);

test('groups answer the same prompt, each prompt once an epoch, in an order of its own', async () => {
  const source = sampler();
  expect([source.generationsPerEpoch, source.longest]).toEqual([2, { prompt: 3, completion: 6 }]);
  const epochs = await Promise.all(
    [0, 1].map(async (epoch) => {
      const batches = [
        await source.completions(2 * epoch),
        await source.completions(2 * epoch + 1),
      ];
      return batches.flatMap(({ completions }) => firsts(completions));
    }),
  );
  for (const epoch of epochs) {
    expect(epoch.filter((prompt, i) => prompt !== epoch[i - (i % 2)])).toEqual([]);
    expect(new Set(epoch).size).toBe(4);
  }
  expect(epochs[0]).not.toEqual(epochs[1]);
  source.destroy();
});

test('a generation batch is the same whenever it is asked for; completions of a group, batches and seeds differ', async () => {
  const source = sampler();
  const first = await source.completions(1);
  await source.completions(0);
  expect(await source.completions(1)).toEqual(first);
  const [a, b] = first.completions;
  expect([...a!.completion]).not.toEqual([...b!.completion]);
  const other = sampler({ seed: 8, shuffle: false });
  expect(firsts((await other.completions(0)).completions)).toEqual([0, 0, 1, 1]);
  expect((await other.completions(1)).completions).not.toEqual(first.completions);
  source.destroy();
  other.destroy();
});

test('reward functions see the columns of each completion’s row, and may report numbers', async () => {
  const source = sampler({
    shuffle: false,
    rewards: [
      {
        name: 'longest',
        score: ({ completion_ids, prompts, log_metric, trainer_state }) => {
          for (const { length } of completion_ids) log_metric('tokens', length);
          return prompts.map((prompt) => (prompt === 'prompt 0' ? trainer_state.generation : null));
        },
      },
      { name: 'number', score: ({ number }) => number as number[] },
    ],
  });
  const sampled = await source.completions(2);
  const { table, metrics } = await source.rewards(sampled);
  expect(table).toEqual([
    [2, 0],
    [2, 0],
    [null, 1],
    [null, 1],
  ]);
  const lengths = sampled.completions.map(({ completion }) => completion.length);
  expect(metrics.tokens).toBeCloseTo(lengths.reduce((a, b) => a + b, 0) / 4, 12);
  source.destroy();
});

test('held-out prompts are all asked, the last generation batch with what is left', async () => {
  const source = sampler({ partial: true, shuffle: false });
  expect(source.generationsPerEpoch).toBe(3);
  expect(firsts((await source.completions(2)).completions)).toEqual([4, 4]);
  source.destroy();
});

test('the bytes of its caches are known before they are made', async () => {
  const source = sampler();
  const before = store.memory().get('cache') ?? 0;
  await source.completions(0);
  const made = (store.memory().get('cache') ?? 0) - before;
  expect(made / source.bytes).toBeGreaterThan(0.9);
  expect(made / source.bytes).toBeLessThan(1.2);
  source.destroy();
});

test('too few prompts, and no reward function, are refused with the numbers', () => {
  expect(() => sampler({ generationSize: 12 })).toThrow(
    /5 prompts do not fill a generation batch of 6/,
  );
  expect(() => sampler({ rewards: [] })).toThrow(/no reward function/);
});
