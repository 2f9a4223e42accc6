import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseConfig } from '../config/parse.ts';
import { bytesFromMemory } from '../files/bytes.ts';
import { openModel } from '../files/open.ts';
import { float32Rows, rawRows, type WeightSource } from '../files/weights.ts';
import { laidTensors, weightLayout } from './layout.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../families/${name}`, import.meta.url));

/** Weights of one format that are never read. */
const all = (dtype: string): WeightSource => ({
  names: () => [],
  has: () => true,
  info: () => ({ shape: [], dtype, bytes: 0 }),
  float32: () => Promise.reject(new Error('read')),
  raw: () => Promise.reject(new Error('read')),
});

test('Llama 3.2 1B’s table of 501 MiB lies in four parts of at most 128 MiB, its layers whole', () => {
  const config = parseConfig({
    ...{ model_type: 'llama', vocab_size: 128256, hidden_size: 2048, intermediate_size: 8192 },
    ...{ num_hidden_layers: 16, num_attention_heads: 32, num_key_value_heads: 8 },
    tie_word_embeddings: true,
  });
  const table = 'model.embed_tokens.weight';
  const maxBytes = 128 << 20;
  const layout = weightLayout(config, all('BF16'), { maxBytes });
  expect([...layout.splits!]).toEqual([[table, 32064]]);
  const laid = [...laidTensors(config, layout)];
  const parts = laid.filter(({ from }) => from[0] === table);
  expect(parts.map(({ shape, first }) => [...shape, first])).toEqual(
    [0, 1, 2, 3].map((i) => [32064, 2048, i * 32064]),
  );
  expect(laid.length).toBe(4 + 1 + 16 * 6);
  const quantised = weightLayout(config, all('Q4_K'), { maxBytes });
  expect([...quantised.splits!]).toEqual([[table, 64128]]);
  expect(weightLayout(config, all('BF16')).splits).toBeUndefined();
});

test('an output layer of its own is split too, and the last part has the rest', () => {
  const config = parseConfig({
    ...{ model_type: 'qwen2', vocab_size: 300, hidden_size: 8, intermediate_size: 8 },
    ...{ num_hidden_layers: 1, num_attention_heads: 1, num_key_value_heads: 1 },
  });
  const layout = weightLayout(config, all('F32'), { maxBytes: 4096 });
  const heads = [...laidTensors(config, layout)].filter(({ from }) => from[0] === 'lm_head.weight');
  expect(heads.map(({ shape }) => shape[0])).toEqual([128, 128, 44]);
});

test.each(['qwen2/fixtures', 'gemma3/fixtures/model.gguf', 'gpt2/fixtures/model.gguf'])(
  '%s: rows of a matrix are those of the whole',
  async (name) => {
    const { weights } = await openModel(fixture(name));
    for (const tensor of weights.names()) {
      const { shape } = weights.info(tensor);
      if (shape.length < 2) continue;
      const width = shape[1]!;
      const whole = await weights.float32(tensor);
      expect(await float32Rows(weights, tensor, 3, 5)).toEqual(whole.slice(3 * width, 8 * width));
      if (weights.info(tensor).rawTransposed) continue;
      const bytes = await weights.raw(tensor);
      const row = bytes.length / shape[0]!;
      expect(await rawRows(weights, tensor, 3, 5)).toEqual(bytes.slice(3 * row, 8 * row));
    }
  },
);

test('rows are read alone where the file allows it', async () => {
  const bytes = new Uint8Array(readFileSync(fixture('qwen2/fixtures/model.gguf')));
  const source = bytesFromMemory(bytes, 'model.gguf');
  const asked: number[] = [];
  const read: typeof source.read = (offset, length) => {
    asked.push(length);
    return source.read(offset, length);
  };
  const { weights } = await openModel({ ...source, read });
  asked.length = 0;
  await rawRows(weights, 'model.embed_tokens.weight', 8, 4);
  expect(asked).toEqual([4 * 68]);
});
