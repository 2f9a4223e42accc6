import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { RopeConfig } from '../config/config.ts';
import { parseConfig } from '../config/parse.ts';
import { bytesFromMemory } from '../files/bytes.ts';
import { folderFromFiles } from '../files/folder.ts';
import { exportGguf } from '../files/gguf-export.ts';
import { openModel } from '../files/open.ts';
import { scoreModel } from '../files/score-model.ts';
import { concat, faultOf, text } from '../files/testing/fault.ts';
import { freshWeights } from '../network/fresh.ts';
import { laidTensors, plainLayout, stacksOf } from '../network/layout.ts';
import { expectedTensors, MODEL_TYPES, modulesOf } from './families.ts';

const sizes = {
  ...{ vocab_size: 10, hidden_size: 8, intermediate_size: 12, num_hidden_layers: 2 },
  ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 4 },
  ...{ n_embd: 8, n_head: 2, n_layer: 2, n_positions: 16 },
};
const of = (model_type: string, more: object = {}) =>
  parseConfig({ model_type, ...sizes, ...more });
const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(name, import.meta.url))));

it.each(MODEL_TYPES)('%s: modules, tensors and roles of a block fit together', (type) => {
  const config = of(type);
  const modules = modulesOf(config);
  expect(new Set(modules.map(({ path }) => path)).size).toBe(modules.length);
  const shapes = new Map([...expectedTensors(config)].map(({ name, shape }) => [name, shape]));
  for (const { path, kind, in: from, out, transposed } of modules) {
    const flipped = transposed || kind === 'embedding';
    const matrix = flipped ? [from, out] : [out, from];
    expect(shapes.get(`${path}.weight`)).toEqual(kind === 'norm' ? [out] : matrix);
  }
  for (const layer of [0, 1]) {
    const outputs = modules.filter((m) => m.layer === layer && ['o', 'down'].includes(m.role));
    expect(outputs.map(({ out }) => out)).toEqual([8, 8]);
  }
  for (const { parts } of stacksOf(config)) {
    for (const part of parts) expect(shapes.has(`${part}.weight`)).toBe(true);
  }
  expect(of(type, { architectures: ['XForSequenceClassification'] }).head).toBe('score');
});

it('GPT-2’s matrices lie [in, out] in files and [out, in] on the device', () => {
  const config = of('gpt2');
  const laid = new Map(
    [...laidTensors(config, plainLayout)].map((tensor) => [tensor.name, tensor]),
  );
  const shapes = new Map([...expectedTensors(config)].map(({ name, shape }) => [name, shape]));
  const name = 'transformer.h.1.attn.c_attn.weight';
  expect(shapes.get(name)).toEqual([8, 24]);
  expect(laid.get(name)).toMatchObject({ shape: [24, 8], from: [name], transposed: true });
  expect(laid.get('transformer.wte.weight')!.shape).toEqual([10, 8]);
  const linear = modulesOf(config).filter(({ kind }) => kind === 'linear');
  expect(linear.every(({ transposed, bias }) => transposed && bias)).toBe(true);
});

it('fresh norms change nothing at first, and GPT-2’s outputs start smaller by depth', async () => {
  const gemma = freshWeights(of('gemma3_text'));
  expect([...(await gemma.float32('model.norm.weight'))]).toEqual(Array(8).fill(0));
  const qwen = freshWeights(of('qwen2'));
  expect([...(await qwen.float32('model.norm.weight'))]).toEqual(Array(8).fill(1));
  const wide = freshWeights(of('gpt2', { n_embd: 64 }));
  const deviation = async (name: string) => {
    const values = await wide.float32(`transformer.h.0.${name}.weight`);
    return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  };
  expect((await deviation('mlp.c_fc')) / 0.02).toBeCloseTo(1, 1);
  expect((await deviation('mlp.c_proj')) / 0.02).toBeCloseTo(0.5, 1);
  expect([...(await wide.float32('transformer.ln_f.bias'))].every((value) => value === 0)).toBe(
    true,
  );
});

it('a language model gets the classifier’s class of its family', async () => {
  for (const [folder, name] of [
    ['gpt2', 'GPT2ForSequenceClassification'],
    ['gemma3', 'Gemma3TextForSequenceClassification'],
  ]) {
    const model = await openModel(fileURLToPath(new URL(`${folder}/fixtures`, import.meta.url)));
    const { config, rawConfig } = scoreModel(model);
    expect(rawConfig.architectures).toEqual([name]);
    expect(parseConfig(rawConfig)).toMatchObject({ head: 'score', numLabels: 1 });
    expect([...expectedTensors(config)].at(-1)!.name).toBe('score.weight');
  }
});

it('both sets of longrope’s divisors go into a GGUF and come back', async () => {
  const { config, weights } = await openModel(
    fileURLToPath(new URL('phi3/fixtures', import.meta.url)),
  );
  const rope: RopeConfig = {
    ...{ type: 'factors' as const, theta: 10000, factors: [1, 1.25], longFactors: [1, 4] },
    ...{ attentionFactor: 1.125, originalMaxPositionEmbeddings: 64 },
  };
  const long = { ...config, rope, maxPositionEmbeddings: 64 };
  const pieces: Uint8Array[] = [];
  const model = { config: long, weights, name: 'long', type: 'F32' } as const;
  for await (const piece of exportGguf(model)) pieces.push(piece);
  const again = await openModel(bytesFromMemory(concat(...pieces), 'long.gguf'));
  expect(again.config).toMatchObject({ rope, maxPositionEmbeddings: 64 });
  expect(again.weights.names().sort()).toEqual(weights.names().sort());
});

it('a GGUF beside the config of another family is refused', async () => {
  const files = new Map([
    ['model.gguf', fixture('qwen2/fixtures/model.gguf')],
    ['config.json', text(JSON.stringify({ model_type: 'qwen3', ...sizes }))],
  ]);
  expect(await faultOf(() => openModel(folderFromFiles(files)))).toBe('config-mismatch');
});
