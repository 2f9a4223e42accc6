import { expect, test } from 'vitest';
import { parseConfig } from '../config/parse.ts';
import { expectedTensors } from '../families/families.ts';
import { openModel } from '../files/open.ts';
import { scoreModel } from '../files/score-model.ts';
import { fixture } from '../files/testing/fixture.ts';
import { lastTokens, requireScoreHead } from './scores.ts';

const language = await openModel(fixture('llama-2024'));
const batch = (ids: number[], segments: number[], length = ids.length) => ({
  rows: ids.length / length,
  length,
  inputIds: Int32Array.from(ids),
  positions: new Int32Array(ids.length),
  segmentIds: Int32Array.from(segments),
});

test('a row is judged at its last token that is not padding', () => {
  const padded = batch([4, 5, 6, 3, 3, 7, 8, 9, 9, 3], [1, 1, 1, 0, 0, 1, 1, 1, 1, 0], 5);
  expect([...lastTokens(padded, 3)]).toEqual([2, 8]);
  const flat = batch([4, 5, 6, 7, 8, 9], [1, 1, 1, 2, 2, 3]);
  expect([...lastTokens(flat, null)]).toEqual([2, 4, 5]);
});

test('where padding is known by an id that also ends texts, the end is passed over, as in transformers', () => {
  const flat = batch([4, 5, 2, 7, 2, 2, 2, 2], [1, 1, 1, 2, 2, 2, 3, 3]);
  expect([...lastTokens(flat, 2)]).toEqual([1, 3, 6]);
});

test('a language model becomes a judge: another class, one label, a head in place of the output layer', async () => {
  const { config, rawConfig, weights } = scoreModel(language, { seed: 42, padTokenId: 9 });
  expect(config).toMatchObject({ head: 'score', numLabels: 1, padTokenId: 9 });
  expect(rawConfig).toMatchObject({
    architectures: ['LlamaForSequenceClassification'],
    id2label: { 0: 'LABEL_0' },
    pad_token_id: 9,
  });
  expect(parseConfig(rawConfig)).toEqual(config);
  const names = [...expectedTensors(config)].map(({ name }) => name);
  expect(names.filter((name) => !weights.has(name))).toEqual([]);
  expect(weights.names()).toContain('score.weight');
  expect(weights.names()).not.toContain('lm_head.weight');
  expect(names).not.toContain('lm_head.weight');
  const body = 'model.layers.0.mlp.up_proj.weight';
  expect(await weights.float32(body)).toEqual(await language.weights.float32(body));
});

test('a fresh head is normal with the initial deviation, the same for a seed, and stored as it is used', async () => {
  const head = (seed: number) => scoreModel(language, { seed }).weights;
  const values = await head(1).float32('score.weight');
  expect(values).toEqual(await head(1).float32('score.weight'));
  expect(values).not.toEqual(await head(2).float32('score.weight'));
  expect(head(1).info('score.weight')).toMatchObject({ shape: [1, 24], dtype: 'F32', bytes: 96 });
  expect(new Float32Array((await head(1).raw('score.weight')).buffer)).toEqual(values);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / 24);
  expect(deviation).toBeGreaterThan(0.012);
  expect(deviation).toBeLessThan(0.03);
});

test('a model without a head, or with several labels, is no judge and is named', () => {
  expect(() => requireScoreHead(language.config)).toThrow(
    expect.objectContaining({ code: 'missing-score-head' }),
  );
  const { config, rawConfig } = scoreModel(language);
  expect(() => requireScoreHead(config)).not.toThrow();
  const three = parseConfig({ ...rawConfig, num_labels: 3 });
  expect(() => requireScoreHead(three)).toThrow(
    expect.objectContaining({ code: 'bad-score-head' }),
  );
  expect(() => scoreModel({ ...language, config: three })).toThrow(
    expect.objectContaining({ code: 'bad-score-head' }),
  );
});
