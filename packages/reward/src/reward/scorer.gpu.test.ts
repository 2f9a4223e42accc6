import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { testGpu } from '@attune/gpu/testing';
import {
  bytesFromPath,
  type ModelConfig,
  Network,
  openModel,
  readSafetensors,
  scoreModel,
  uploadWeights,
  type WeightSource,
} from '@attune/model';
import { loraFromFiles, mergedWeights, readAdapter } from '@attune/peft';
import { Executor, Store } from '@attune/plan';
import { Scorer } from '@attune/trainer';
import { expect, test } from 'vitest';

const root = new URL('../../fixtures', import.meta.url).pathname;
const cases = readdirSync(`${root}/reward`).filter(
  (name) =>
    existsSync(`${root}/reward/${name}/scores.json`) &&
    ['adapter', 'final.safetensors'].some((part) => existsSync(`${root}/reward/${name}/${part}`)),
);

/** The reward model that TRL left. */
async function recorded(name: string): Promise<{ config: ModelConfig; weights: WeightSource }> {
  const folder = `${root}/reward/${name}`;
  const recipe = readFileSync(`${folder}/recipe.yaml`, 'utf8');
  const base = /^model_name_or_path: (.*)$/m.exec(recipe)![1]!;
  const { config, weights } = scoreModel(await openModel(`${folder}/${base}`), { padTokenId: 3 });
  if (!existsSync(`${folder}/adapter`)) {
    const trained = await readSafetensors(await bytesFromPath(`${folder}/final.safetensors`));
    return { config, weights: trained };
  }
  const files = await readAdapter(async (file) => readFileSync(`${folder}/adapter/${file}`));
  const { method, values } = loraFromFiles(config, files);
  return { config, weights: mergedWeights(weights, method, values) };
}

async function scorerOf(
  { config, weights }: { config: ModelConfig; weights: WeightSource },
  options: Partial<ConstructorParameters<typeof Scorer>[2]> = {},
) {
  const store = new Store(await testGpu());
  await uploadWeights(store, config, weights);
  const executor = new Executor(store);
  const scorer = new Scorer(executor, new Network(config), { padTokenId: 3, ...options });
  const destroy = () => {
    scorer.destroy();
    executor.destroy();
    store.destroy();
  };
  return { scorer, destroy };
}

test.each(cases)(
  '%s: the model that TRL left gives the recorded scores within 1e-5, however many rows go together',
  async (name) => {
    const rows = JSON.parse(readFileSync(`${root}/reward/${name}/scores.json`, 'utf8'));
    const ids = rows.flatMap((row: Record<string, number[]>) => [row.chosen_ids, row.rejected_ids]);
    const want = rows.flatMap((row: Record<string, number>) => [
      row.chosen_score,
      row.rejected_score,
    ]);
    const model = await recorded(name);
    for (const tokens of [1, 60, 2048]) {
      const { scorer, destroy } = await scorerOf(model, { tokens });
      const scores = await scorer.score(ids);
      for (const [i, score] of scores.entries()) {
        const apart = Math.abs(score - want[i]) / Math.max(1, Math.abs(want[i]));
        expect(apart, `row ${i} of ${tokens} tokens together`).toBeLessThan(1e-5);
      }
      destroy();
    }
  },
);

test('padding at the end of a row changes no score; progress counts every row', async () => {
  const done: number[] = [];
  const { scorer, destroy } = await scorerOf(await recorded('full'), {
    tokens: 8,
    progress: (rows) => done.push(rows),
  });
  const [plain, padded] = await scorer.score([
    [377, 272, 347, 17, 2],
    [377, 272, 347, 17, 2, 3, 3, 3],
  ]);
  expect(padded).toBe(plain);
  expect(done).toEqual([1, 2]);
  expect((await scorer.score([])).length).toBe(0);
  destroy();
});

test('a row without tokens, of another vocabulary, past the positions, or scored NaN is named', async () => {
  const model = await recorded('full');
  const { scorer, destroy } = await scorerOf(model);
  const refused = (code: string) => ({ code, message: expect.stringContaining('row b') });
  const named = (row: number) => `row ${'ab'[row]}`;
  for (const [ids, code] of [
    [[], 'empty-row'],
    [[5, 384], 'vocabulary-mismatch'],
    [[-1], 'vocabulary-mismatch'],
    [Array(513).fill(4), 'row-too-long'],
  ] as const) {
    await expect(scorer.score([[4], ids], named)).rejects.toMatchObject(refused(code));
  }
  destroy();
  const table = await model.weights.float32('model.embed_tokens.weight');
  // The rows of token 9.
  table.fill(Number.NaN, 9 * 32, 10 * 32);
  const whole = model.weights;
  const weights: WeightSource = {
    names: () => whole.names(),
    has: (name) => whole.has(name),
    info: (name) => whole.info(name),
    raw: (name) => whole.raw(name),
    float32: async (name) => (name === 'model.embed_tokens.weight' ? table : whole.float32(name)),
  };
  const broken = await scorerOf({ ...model, weights });
  const scoring = broken.scorer.score([[4], [9]], named);
  await expect(scoring).rejects.toMatchObject(refused('score-not-finite'));
  broken.destroy();
});
