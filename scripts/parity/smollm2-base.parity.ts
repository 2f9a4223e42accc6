import { readFileSync } from 'node:fs';
import { testGpu } from '@attune/gpu/testing';
import {
  decoder,
  Generator,
  logits,
  Network,
  openModel,
  predictionInputs,
  predictionValues,
  predictTokens,
  tokenInputs,
  tokenValues,
  uploadWeights,
} from '@attune/model';
import { Executor, Graph, Store } from '@attune/plan';
import { afterAll, expect, test } from 'vitest';

// ATTUNE_FIXTURES names the folder of reference fixtures; the model lies in models/ beside it.
const root = process.env.ATTUNE_FIXTURES ?? '';
const expected = JSON.parse(readFileSync(`${root}/smollm2/base/expected.json`, 'utf8')) as {
  greedy: { prompt_ids: number[]; ids: number[]; leads: number[] }[];
  passages: { ids: number[]; logps: number[] }[];
  first_token_logits: {
    chat: number;
    ids: number[];
    values: number[];
    logsumexp: number;
    mean: number;
  }[];
};
const positions = 1024;
const { config, weights, generationConfig } = await openModel(
  `${root}/../models/smollm2-135m-instruct`,
);
const store = new Store(await testGpu());
await uploadWeights(store, config, weights, { positions });
const executor = new Executor(store);
const network = new Network(config);
const ends = [generationConfig?.eos_token_id ?? 2].flat() as number[];

afterAll(() => {
  executor.destroy();
  store.destroy();
});

/** A batch of one sequence, padded to nothing. */
const single = (ids: number[], from = 1) => ({
  rows: 1,
  length: ids.length,
  inputIds: Int32Array.from(ids),
  positions: Int32Array.from(ids.keys()),
  segmentIds: new Int32Array(ids.length).fill(1),
  labels: Int32Array.from(ids, (id, t) => (t < from ? -100 : id)),
});

test.each([1, 6])('greedy answers to six chats, %i at a time', async (batchSize) => {
  const generator = new Generator(executor, network, { batchSize });
  const prompts = expected.greedy.map((chat) => chat.prompt_ids);
  const found = await generator.generate(prompts, { maxNewTokens: 24, eosTokenIds: ends });
  expected.greedy.forEach(({ ids, leads }, row) => {
    // Beyond a lead of rounding's size two right answers may differ.
    const close = leads.findIndex((lead) => lead < 1e-3);
    const sure = close < 0 ? ids.length : close;
    expect(found[row]!.ids.slice(0, sure)).toEqual(ids.slice(0, sure));
    if (close < 0) expect(found[row]!.ids.length).toBe(ids.length);
  });
  generator.destroy();
});

test('log-probabilities of three passages within 1e-3', async () => {
  for (const { ids, logps } of expected.passages) {
    const graph = new Graph(executor.gpu.traits);
    const hidden = decoder(graph, network, tokenInputs(graph, config, 1, ids.length, positions));
    const predictions = predictionInputs(graph, ids.length - 1);
    graph.output('logps', predictTokens(graph, network, hidden, predictions).logps);
    const plan = await executor.compile(graph);
    const batch = single(ids);
    const { predicting, targets } = predictionValues(batch, ids.length, ids.length - 1);
    const out = await executor.run([[plan, { ...tokenValues(batch), predicting, targets }]]);
    const worst = Math.max(...logps.map((value, i) => Math.abs(value - out.logps![i]!)));
    console.log('passage of', ids.length, 'tokens: largest difference', worst);
    expect(worst).toBeLessThan(1e-3);
    plan.destroy();
  }
});

test('logits of the first answered token within 1e-3', async () => {
  for (const { chat, ids, values, logsumexp, mean } of expected.first_token_logits) {
    const prompt = expected.greedy[chat]!.prompt_ids;
    const graph = new Graph(executor.gpu.traits);
    const hidden = decoder(graph, network, tokenInputs(graph, config, 1, prompt.length, positions));
    const last = graph.view(
      hidden,
      [1, config.hiddenSize],
      (prompt.length - 1) * config.hiddenSize,
    );
    graph.output('logits', logits(graph, network, last));
    const plan = await executor.compile(graph);
    const out = await executor.run([[plan, { ...tokenValues(single(prompt)) }]]);
    const all = Array.from(out.logits!);
    const top = all
      .map((_, id) => id)
      .sort((a, b) => all[b]! - all[a]!)
      .slice(0, ids.length);
    const worst = Math.max(...values.map((value, i) => Math.abs(value - all[ids[i]!]!)));
    console.log('chat', chat, 'largest difference of the top logits', worst);
    expect(worst).toBeLessThan(1e-3);
    expect(new Set(top)).toEqual(new Set(ids));
    const m = all[top[0]!]!;
    expect(m + Math.log(all.reduce((sum, x) => sum + Math.exp(x - m), 0))).toBeCloseTo(
      logsumexp,
      3,
    );
    expect(all.reduce((sum, x) => sum + x, 0) / all.length).toBeCloseTo(mean, 3);
    plan.destroy();
  }
});

test.each([1, 8])('tokens a second, batch %i', async (batchSize) => {
  const generator = new Generator(executor, network, { batchSize });
  const prompts = Array.from({ length: batchSize }, () => expected.greedy[0]!.prompt_ids);
  await generator.generate(prompts, { maxNewTokens: 3 });
  const steps = 33;
  const times: number[] = [];
  // The machine may be shared: the processor time of the adapter's threads says more than the clock there.
  const used = () => Object.values(process.cpuUsage()).reduce((a, b) => a + b) / 1000;
  const cpu: number[] = [];
  const onTokens = (row: number) => {
    if (row !== 0) return;
    times.push(performance.now());
    cpu.push(used());
  };
  await generator.generate(prompts, { maxNewTokens: steps, onTokens });
  const busy = (cpu.at(-1)! - cpu[0]!) / (steps - 1);
  const seconds = (times.at(-1)! - times[0]!) / 1000;
  const rate = ((steps - 1) * batchSize) / seconds;
  console.log(
    `batch ${batchSize}: ${rate.toFixed(1)} tokens/s (${((1000 * seconds) / (steps - 1)).toFixed(0)} ms a step, ${busy.toFixed(0)} ms of processor time)`,
  );
  expect(rate).toBeGreaterThan(0);
  generator.destroy();
});
