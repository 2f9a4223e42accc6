import { describe, expect, it } from 'vitest';
import type { RopeConfig } from '../config/config.ts';
import { parseConfig } from '../config/parse.ts';
import { ropeDivisors } from '../config/rope.ts';
import { bytesFromMemory } from './bytes.ts';
import { readGguf } from './gguf.ts';
import { exportGguf, type GgufExport, ggufMetadata } from './gguf-export.ts';
import { ggufName, ggufPlaces, toGgufRows, toHuggingFaceRows } from './gguf-names.ts';
import { writeGguf } from './gguf-writer.ts';
import { type OpenModel, openModel } from './open.ts';
import { concat, faultOf } from './testing/fault.ts';
import { fixture } from './testing/fixture.ts';
import { forward } from './testing/forward.ts';

async function exported(model: OpenModel, type: GgufExport['type'], change: object = {}) {
  const { config, weights, tokenizer } = model;
  const pieces: Uint8Array[] = [];
  const options = { config: { ...config, ...change }, weights, tokenizer, name: 'mine', type };
  for await (const piece of exportGguf(options)) pieces.push(piece);
  return concat(...pieces);
}

const reopened = async (bytes: Uint8Array) => openModel(bytesFromMemory(bytes, 'mine.gguf'));

describe('a GGUF written from a model', () => {
  it('has the metadata of llama.cpp’s converter', async () => {
    for (const name of ['llama-q4_0.gguf', 'llama-rope3-q8_0.gguf']) {
      const model = await openModel(fixture(name));
      const written = { ...model, tokenizer: model.tokenizer, name: 'x', type: 'F16' } as const;
      const { metadata: made } = await readGguf(writeGguf(ggufMetadata(written), []));
      for (const [key, value] of model.gguf!.metadata) {
        if (key === 'general.name' || key === 'general.file_type') continue;
        expect([key, made.get(key)]).toEqual([key, value]);
      }
      const more = [...made.keys()].filter((key) => !model.gguf!.metadata.has(key));
      expect(more).toEqual(['tokenizer.ggml.add_space_prefix']);
    }
  });

  it('has the names, shapes, types and order of rows of the converter’s file', async () => {
    const model = await openModel(fixture('llama-rope3-q8_0.gguf'));
    const made = await readGguf(await exported(model, 'Q8_0'));
    const theirs = model.gguf!;
    expect(made.names().sort()).toEqual(theirs.names().sort());
    for (const name of theirs.names()) {
      expect([name, made.info(name)]).toEqual([name, theirs.info(name)]);
      const [a, b] = [await made.float32(name), await theirs.float32(name)];
      // Quantising what was dequantised moves a scale by its own rounding at most.
      const largest = Math.max(...b.map(Math.abs));
      expect(Math.max(...a.map((v, i) => Math.abs(v - b[i]!)))).toBeLessThan(1e-3 * largest);
    }
  });

  it('is the same model when opened again, in F32 exactly', async () => {
    const model = await openModel(fixture('llama-2024'));
    const again = await reopened(await exported(model, 'F32'));
    // So few frequencies fit llama3 settings of several contexts.
    const { rope } = again.config;
    expect(ropeDivisors(rope, 8)).toEqual(ropeDivisors(model.config.rope, 8));
    expect(again.config).toEqual({ ...model.config, rope, dtype: 'float32' });
    for (const name of model.weights.names()) {
      expect(await again.weights.float32(name)).toEqual(await model.weights.float32(name));
    }
    const ids = [5, 80, 300, 7, 7, 41];
    expect(await forward(again, ids)).toEqual(await forward(model, ids));
    expect(again.tokenizer.chatTemplate).toBe(model.tokenizer.chatTemplate);
  });

  it('stores matrices as F16 and norms as F32, and falls back where blocks do not fit', async () => {
    const model = await openModel(fixture('llama-2024'));
    const types = async (type: GgufExport['type']) => {
      const file = await readGguf(await exported(model, type));
      return file.names().map((name) => `${name} ${file.info(name).dtype}`);
    };
    expect(await types('F16')).toContain('blk.0.attn_q.weight F16');
    expect(await types('F16')).toContain('output_norm.weight F32');
    // Rows of 24 and 40 values fill no block of 32.
    expect(await types('Q8_0')).toContain('blk.0.ffn_down.weight F16');
  });

  it.each<[string, { rope: RopeConfig; slidingWindow?: number }]>([
    ['linear scaling', { rope: { type: 'linear', theta: 10000, factor: 4 } }],
    ['divisors of its own', { rope: { type: 'factors', theta: 10000, factors: [1, 2.5, 3, 4] } }],
    ['a sliding window', { rope: { type: 'default', theta: 10000 }, slidingWindow: 8 }],
  ])('keeps %s', async (_, change) => {
    const model = await openModel(fixture('llama-2024'));
    const again = await reopened(await exported(model, 'F32', change));
    expect(again.config).toMatchObject(change);
  });

  it('is refused for a score model and for text cut in a way that llama.cpp does not know', async () => {
    const model = await openModel(fixture('llama-2024'));
    const tokenizerJson = {
      ...model.tokenizer.tokenizerJson,
      pre_tokenizer: { type: 'Whitespace' },
    };
    const odd = { ...model, tokenizer: { tokenizerJson } };
    expect(await faultOf(() => exported(odd, 'F32'))).toBe('unsupported-export');
    expect(await faultOf(() => exported(model, 'F32', { head: 'score' }))).toBe(
      'unsupported-export',
    );
  });
});

describe('names and rows', () => {
  it('go there and back', () => {
    const config = parseConfig({
      model_type: 'llama',
      ...{ vocab_size: 8, hidden_size: 8, intermediate_size: 8, attention_bias: true },
      ...{ num_attention_heads: 1, num_hidden_layers: 13 },
    });
    const back = new Map(ggufPlaces(config).map(({ name, there }) => [there, name]));
    for (const [there, here] of [
      ['token_embd.weight', 'model.embed_tokens.weight'],
      ['output_norm.weight', 'model.norm.weight'],
      ['output.weight', 'lm_head.weight'],
      ['blk.12.attn_q.weight', 'model.layers.12.self_attn.q_proj.weight'],
      ['blk.0.attn_k.bias', 'model.layers.0.self_attn.k_proj.bias'],
      ['blk.3.ffn_norm.weight', 'model.layers.3.post_attention_layernorm.weight'],
      ['blk.3.ffn_down.weight', 'model.layers.3.mlp.down_proj.weight'],
    ] as const) {
      expect(back.get(there)).toBe(here);
      expect(ggufName(config, here)).toBe(there);
    }
    expect(back.size).toBe(3 + 13 * (9 + 4));
    expect(ggufName(config, 'score.weight')).toBeUndefined();
  });

  it('are interleaved there and halved here', () => {
    const rows = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7);
    const [one, two] = [
      { heads: 1, rowBytes: 1 },
      { heads: 2, rowBytes: 1 },
    ];
    expect([...toHuggingFaceRows(rows, one)]).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
    expect([...toHuggingFaceRows(rows, two)]).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    expect(toGgufRows(toHuggingFaceRows(rows, two), two)).toEqual(rows);
    expect([...toHuggingFaceRows(rows, { heads: 1, rowBytes: 2 })]).toEqual([
      0, 1, 4, 5, 2, 3, 6, 7,
    ]);
  });
});
