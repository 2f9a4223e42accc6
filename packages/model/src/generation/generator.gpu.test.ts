import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { testGpu } from '@attune/gpu/testing';
import { Executor, Graph, Store } from '@attune/plan';
import { afterAll, expect, test, vi } from 'vitest';
import { openModel } from '../files/open.ts';
import { tokenInputs, tokenValues } from '../network/batch.ts';
import { decoder } from '../network/decoder.ts';
import { predictionInputs, predictionValues, predictTokens } from '../network/heads.ts';
import { Network, uploadWeights } from '../network/network.ts';
import { Generator } from './generator.ts';

const folder = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const names = ['llama-rope3', 'mistral-window8'];
const loaded = new Map<string, ReturnType<typeof load>>();

async function load(name: string) {
  const { config, weights } = await openModel(folder(name));
  const store = new Store(await testGpu());
  await uploadWeights(store, config, weights);
  const executor = new Executor(store);
  return { config, store, executor, network: new Network(config) };
}

function model(name: string) {
  const known = loaded.get(name) ?? load(name);
  loaded.set(name, known);
  return known;
}

afterAll(async () => {
  for (const { executor, store } of await Promise.all(loaded.values())) {
    executor.destroy();
    store.destroy();
  }
});

async function generator(name: string, options = {}) {
  const { executor, network } = await model(name);
  return new Generator(executor, network, options);
}

/** Prompts of many lengths, shorter and longer than the window. */
const prompts = [3, 17, 1, 40, 9].map((length, row) =>
  Array.from({ length }, (_, t) => 10 + ((row * 101 + t * 37) % 350)),
);

/** Log-probabilities of `ids` after `prompt` by the plain forward pass, without any cache. */
async function recomputed(name: string, prompt: number[], ids: number[]): Promise<Float32Array> {
  const { config, executor, network } = await model(name);
  const all = [...prompt, ...ids];
  const graph = new Graph(executor.gpu.traits);
  const hidden = decoder(graph, network, tokenInputs(graph, config, 1, all.length));
  const predictions = predictionInputs(graph, ids.length);
  graph.output('logps', predictTokens(graph, network, hidden, predictions).logps);
  const plan = await executor.compile(graph);
  const batch = {
    rows: 1,
    length: all.length,
    inputIds: Int32Array.from(all),
    positions: Int32Array.from(all.keys()),
    segmentIds: new Int32Array(all.length).fill(1),
    labels: Int32Array.from(all, (id, t) => (t < prompt.length ? -100 : id)),
  };
  const { predicting, targets } = predictionValues(batch, all.length, ids.length);
  const { logps } = await executor.run([[plan, { ...tokenValues(batch), predicting, targets }]]);
  plan.destroy();
  return logps as Float32Array;
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length ? Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!))) : Infinity;

test.each(names)(
  '%s: greedy tokens and log-probabilities are those of transformers',
  async (name) => {
    const text = readFileSync(`${folder(name)}/generation.json`, 'utf8');
    const expected = JSON.parse(text) as {
      max_new_tokens: number;
      eos_token_id: number;
      rows: { prompt: number[]; tokens: number[]; log_probs: number[] }[];
    };
    const writer = await generator(name);
    const found = await writer.generate(
      expected.rows.map(({ prompt }) => prompt),
      { maxNewTokens: expected.max_new_tokens, eosTokenIds: [expected.eos_token_id] },
    );
    expected.rows.forEach(({ tokens, log_probs }, row) => {
      expect(found[row]!.ids).toEqual(tokens);
      expect(worst(found[row]!.logProbs, log_probs)).toBeLessThan(1e-5);
      expect(found[row]!.finishReason).toBe('length');
    });
    writer.destroy();
  },
);

test.each(names)('%s: every cached step equals the whole forward pass again', async (name) => {
  const writer = await generator(name, { batchSize: 5 });
  const found = await writer.generate(prompts, { maxNewTokens: 30, temperature: 1, seed: 5 });
  for (const [row, { ids, logProbs }] of found.entries()) {
    expect(ids.length).toBe(30);
    expect(worst(logProbs, await recomputed(name, prompts[row]!, ids))).toBeLessThan(2e-5);
  }
  writer.destroy();
});

test.each(names)('%s: a batch of prompts of many lengths equals one by one', async (name) => {
  const [batched, single] = [
    await generator(name, { batchSize: 3 }),
    await generator(name, { batchSize: 1 }),
  ];
  const options = { maxNewTokens: 12 };
  const together = await batched.generate(prompts, options);
  for (const [row, prompt] of prompts.entries()) {
    const [alone] = await single.generate([prompt], options);
    expect(together[row]!.ids).toEqual(alone!.ids);
    expect(worst(together[row]!.logProbs, alone!.logProbs)).toBeLessThan(1e-5);
  }
  batched.destroy();
  single.destroy();
});

test('a seed gives its tokens again, however often they are read back, and another seed others', async () => {
  const writer = await generator('llama-rope3', { batchSize: 2 });
  const run = (seed: number, readEvery: number) =>
    writer.generate(prompts, {
      maxNewTokens: 20,
      temperature: 0.9,
      topK: 50,
      topP: 0.95,
      seed,
      readEvery,
    });
  const first = await run(7, 8);
  expect(await run(7, 8)).toEqual(first);
  expect(await run(7, 3)).toEqual(first);
  expect((await run(8, 8)).map(({ ids }) => ids)).not.toEqual(first.map(({ ids }) => ids));
  const repeated = await writer.generate([prompts[0]!, prompts[0]!, prompts[0]!], {
    maxNewTokens: 20,
    temperature: 1,
  });
  expect(new Set(repeated.map(({ ids }) => ids.join())).size).toBe(3);
  writer.destroy();
});

test('an end token stays and ends its row; the others go on', async () => {
  const writer = await generator('llama-rope3');
  const free = await writer.generate(prompts, { maxNewTokens: 16 });
  const end = free[1]!.ids[5]!;
  const found = await writer.generate(prompts, { maxNewTokens: 16, eosTokenIds: [end, 4] });
  found.forEach(({ ids, logProbs, finishReason }, row) => {
    const at = free[row]!.ids.findIndex((id) => id === end || id === 4);
    expect(ids).toEqual(at < 0 ? free[row]!.ids : free[row]!.ids.slice(0, at + 1));
    expect(logProbs.length).toBe(ids.length);
    expect(finishReason).toBe(at < 0 ? 'length' : 'stop');
  });
  expect(found[1]!.finishReason).toBe('stop');
  expect(found.some(({ finishReason }) => finishReason === 'length')).toBe(true);
  writer.destroy();
});

test('caches grow for a longer call and serve shorter ones as before; a repeated call makes no buffer', async () => {
  const writer = await generator('mistral-window8');
  const short = await writer.generate([prompts[0]!], { maxNewTokens: 5 });
  const long = await writer.generate([prompts[3]!, prompts[0]!], { maxNewTokens: 120 });
  expect(long[1]!.ids.slice(0, 5)).toEqual(short[0]!.ids);
  expect(await writer.generate([prompts[0]!], { maxNewTokens: 5 })).toEqual(short);
  const { device } = await testGpu();
  const made = vi.spyOn(device, 'createBuffer');
  expect(await writer.generate([prompts[0]!], { maxNewTokens: 5 })).toEqual(short);
  expect(made).not.toHaveBeenCalled();
  made.mockRestore();
  writer.destroy();
});

test('prompt and answer end where the capacity ends', async () => {
  const writer = await generator('llama-rope3', { capacity: 45 });
  const [answer] = await writer.generate([prompts[3]!], { maxNewTokens: 100 });
  expect([answer!.ids.length, answer!.finishReason]).toEqual([5, 'length']);
  const ids = Array<number>(45).fill(9);
  await expect(writer.generate([[5], ids], { maxNewTokens: 4 })).rejects.toMatchObject({
    code: 'prompt-too-long',
    message: expect.stringMatching(/Prompt 1 has 45 tokens.*45/),
  });
  writer.destroy();
});

test('tokens are handed out as they come, and a signal stops the work', async () => {
  const writer = await generator('llama-rope3', { batchSize: 2 });
  const streamed = prompts.map((): number[] => []);
  const onTokens = (row: number, ids: number[]) => streamed[row]!.push(...ids);
  const found = await writer.generate(prompts, { maxNewTokens: 21, onTokens, readEvery: 4 });
  expect(streamed).toEqual(found.map(({ ids }) => ids));
  const stop = new AbortController();
  let calls = 0;
  const aborted = writer.generate(prompts, {
    maxNewTokens: 400,
    signal: stop.signal,
    onTokens: () => ++calls === 3 && stop.abort(),
  });
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
  expect(calls).toBeLessThan(6);
  expect(await writer.generate(prompts, { maxNewTokens: 21 })).toEqual(found);
  writer.destroy();
});

test.each([
  ['empty-prompt', [[]], { maxNewTokens: 4 }],
  ['bad-token', [[5, 384]], { maxNewTokens: 4 }],
  ['bad-value', [[5]], { maxNewTokens: 0 }],
  ['bad-value', [[5]], { maxNewTokens: 4, temperature: -1 }],
] as const)('%s: refuses %j with %j', async (code, ids, options) => {
  const writer = await generator('llama-rope3');
  await expect(writer.generate(ids, options)).rejects.toMatchObject({ code });
  writer.destroy();
});

test('refuses a batch of no rows', async () => {
  await expect(generator('llama-rope3', { batchSize: 0 })).rejects.toMatchObject({
    code: 'bad-value',
  });
});
