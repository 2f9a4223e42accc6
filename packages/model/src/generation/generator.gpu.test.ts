import { readdirSync, readFileSync } from 'node:fs';
import { testGpu } from '@attune/gpu/testing';
import { Executor, Store } from '@attune/plan';
import { describe, expect, test } from 'vitest';
import { openModel } from '../files/open.ts';
import { Network, uploadWeights } from '../network/network.ts';
import { Generator } from './generator.ts';

const own = new URL('fixtures', import.meta.url).pathname;
const given = process.env.ATTUNE_FIXTURES && `${process.env.ATTUNE_FIXTURES}/families`;
const root = given ?? own;
const names = readdirSync(root).filter((name) => /^(llama|mistral)/.test(name));

async function load(folder: string) {
  const { config, weights } = await openModel(folder);
  const store = new Store(await testGpu());
  await uploadWeights(store, config, weights);
  const executor = new Executor(store);
  const network = new Network(config);
  const generator = new Generator(executor, network);
  const destroy = () => {
    generator.destroy();
    executor.destroy();
    store.destroy();
  };
  return { config, generator, executor, network, destroy };
}

interface Recorded {
  max_new_tokens: number;
  rows: { prompt: number[]; tokens: number[]; log_probs: number[] }[];
}

describe('greedy answers recorded with transformers', () => {
  test.each(names)('%s: the same tokens, the same log-probabilities', async (name) => {
    const recorded: Recorded = JSON.parse(readFileSync(`${root}/${name}/generation.json`, 'utf8'));
    const { generator, destroy } = await load(`${root}/${name}`);
    const results = await generator.generate(
      recorded.rows.map(({ prompt }) => prompt),
      {
        maxNewTokens: recorded.max_new_tokens,
        readEvery: 5,
      },
    );
    for (const [row, { ids, logProbs }] of results.entries()) {
      const { tokens, log_probs } = recorded.rows[row]!;
      expect(ids).toEqual(tokens.slice(0, ids.length));
      for (const [t, value] of logProbs.entries()) expect(value).toBeCloseTo(log_probs[t]!, 4);
    }
    destroy();
  });
});

test('prompts together, alone or in small batches give the same answers', async () => {
  const { generator, executor, network, destroy } = await load(`${own}/llama`);
  const list = [[5, 9, 300], [7], [20, 21, 22, 23, 24, 25, 26], [101, 3]];
  const options = { maxNewTokens: 20, eosTokenIds: [] };
  const together = await generator.generate(list, options);
  const small = new Generator(executor, network, { batchSize: 1 });
  generator.destroy();
  const alone = await small.generate(list, options);
  expect(alone.map(({ ids }) => ids)).toEqual(together.map(({ ids }) => ids));
  expect(together.every(({ ids }) => ids.length === 20)).toBe(true);
  small.destroy();
  destroy();
});

test('sampling gives the same text for the same seed and another for another', async () => {
  const { generator, destroy } = await load(`${own}/llama`);
  const draw = async (seed: number) =>
    (
      await generator.generate(
        [
          [5, 9, 300],
          [5, 9, 300],
        ],
        {
          maxNewTokens: 24,
          temperature: 1,
          topK: 50,
          seed,
          eosTokenIds: [],
        },
      )
    ).map(({ ids }) => ids);
  const first = await draw(1);
  expect(await draw(1)).toEqual(first);
  expect(await draw(2)).not.toEqual(first);
  expect(first[0]).not.toEqual(first[1]);
  destroy();
});

test('an end token ends a row, and tokens are told as they come', async () => {
  const { generator, destroy } = await load(`${own}/llama`);
  const [whole] = await generator.generate([[5, 9, 300]], { maxNewTokens: 12, eosTokenIds: [] });
  const end = whole!.ids[4]!;
  const told: number[] = [];
  const [cut] = await generator.generate([[5, 9, 300]], {
    maxNewTokens: 12,
    eosTokenIds: [end],
    readEvery: 2,
    onTokens: (_, ids) => told.push(...ids),
  });
  expect(cut!.ids).toEqual(whole!.ids.slice(0, whole!.ids.indexOf(end) + 1));
  expect(cut!.finishReason).toBe('stop');
  expect(told).toEqual(cut!.ids);
  destroy();
});

test('prompts that do not fit are refused with the numbers', async () => {
  const { generator, config, destroy } = await load(`${own}/llama`);
  const long = new Array(config.maxPositionEmbeddings).fill(5);
  await expect(generator.generate([long], { maxNewTokens: 1 })).rejects.toMatchObject({
    code: 'prompt-too-long',
  });
  await expect(generator.generate([[]], { maxNewTokens: 1 })).rejects.toMatchObject({
    code: 'prompt-empty',
  });
  destroy();
});
