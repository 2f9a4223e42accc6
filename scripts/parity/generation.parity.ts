import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { testGpu } from '@attune/gpu/testing';
import { Generator, Network, openModel, uploadWeights } from '@attune/model';
import { Executor, Store } from '@attune/plan';
import { expect, test } from 'vitest';

// ATTUNE_FIXTURES names the folder of reference fixtures (families/NAME/generation.json).
const root = process.env.ATTUNE_FIXTURES ?? '';
const names = readdirSync(`${root}/families`).filter(
  (n) => !n.includes('softcap') && existsSync(`${root}/families/${n}/generation.json`),
);

test.each(names)('%s: greedy tokens and log-probabilities within 1e-4', async (name) => {
  const folder = `${root}/families/${name}`;
  const { config, weights } = await openModel(folder);
  const store = new Store(await testGpu());
  await uploadWeights(store, config, weights);
  const executor = new Executor(store);
  const generator = new Generator(executor, new Network(config));
  const {
    rows,
    max_new_tokens: maxNewTokens,
    eos_token_id,
  } = JSON.parse(readFileSync(`${folder}/generation.json`, 'utf8')) as {
    rows: { prompt: number[]; tokens: number[]; log_probs: number[] }[];
    max_new_tokens: number;
    eos_token_id: number;
  };
  const prompts = rows.map(({ prompt }) => prompt);
  const found = await generator.generate(prompts, { maxNewTokens, eosTokenIds: [eos_token_id] });
  let worst = 0;
  rows.forEach(({ tokens, log_probs }, row) => {
    expect(found[row]!.ids).toEqual(tokens);
    log_probs.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - found[row]!.logProbs[i]!));
    });
  });
  console.log(name, 'log-probabilities', worst);
  expect(worst).toBeLessThan(1e-4);
  generator.destroy();
  executor.destroy();
  store.destroy();
});
