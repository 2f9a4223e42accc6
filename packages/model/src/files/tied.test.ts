import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { folderFromFiles } from './folder.ts';
import { exportGguf } from './gguf-export.ts';
import { openModel } from './open.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { forward } from './testing/forward.ts';

const folder = new URL('./fixtures/llama-2024', import.meta.url).pathname;
const tied = await openModel(folder);
const ids = [3, 9, 4, 17];
const table = await tied.weights.float32('model.embed_tokens.weight');
const bytes = (data: Float32Array) =>
  new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));

/** The tied model with other tensors in its file; null leaves one out. */
async function stored(
  changes: Record<string, Float32Array | null>,
  { tie = true, dtype = 'F32' as const } = {},
) {
  const names = [...new Set([...tied.weights.names(), ...Object.keys(changes)])];
  const tensors = [];
  for (const name of names.filter((name) => changes[name] !== null)) {
    const data = changes[name] ?? (await tied.weights.float32(name));
    const shape = name === 'lm_head.weight' ? 'model.embed_tokens.weight' : name;
    tensors.push({ name, dtype, shape: [...tied.weights.info(shape).shape], data: bytes(data) });
  }
  const config = { ...tied.rawConfig, tie_word_embeddings: tie };
  const files = new Map<string, Uint8Array>([
    ['config.json', new TextEncoder().encode(JSON.stringify(config))],
    ['model.safetensors', writeSafetensors(tensors)],
  ]);
  return openModel(folderFromFiles(files));
}

const other = table.map((value, i) => value + 0.01 * Math.sin(i));

describe('an output layer that config.json ties to the embedding table, as transformers 5 reads it', () => {
  test('equal numbers under both names are one tensor', async () => {
    const model = await stored({ 'lm_head.weight': table });
    expect(model.config.tieWordEmbeddings).toBe(true);
    expect(await forward(model, ids)).toEqual(await forward(tied, ids));
  });

  test('other numbers are an output layer of its own, and config.json says so when it is written', async () => {
    const model = await stored({ 'lm_head.weight': other });
    expect(model.config.tieWordEmbeddings).toBe(false);
    expect(model.rawConfig.tie_word_embeddings).toBe(false);
    const untied = await stored({ 'lm_head.weight': other }, { tie: false });
    expect(await forward(model, ids)).toEqual(await forward(untied, ids));
    expect(await forward(model, ids)).not.toEqual(await forward(tied, ids));
  });

  test('an output layer alone is the table too', async () => {
    const model = await stored({ 'lm_head.weight': table, 'model.embed_tokens.weight': null });
    expect(model.config.tieWordEmbeddings).toBe(true);
    expect(model.weights.names()).toContain('model.embed_tokens.weight');
    expect(await forward(model, ids)).toEqual(await forward(tied, ids));
  });

  test('neither of them is told as a missing table', async () => {
    await expect(stored({ 'model.embed_tokens.weight': null })).rejects.toThrow(
      expect.objectContaining({ code: 'missing-tensor' }),
    );
  });
});

test('a GGUF without an output layer has the table as such, whatever config.json beside it says', async () => {
  const { config, weights } = tied;
  const pieces: Uint8Array[] = [];
  for await (const piece of exportGguf({ config, weights, name: 'tied', type: 'F32' })) {
    pieces.push(piece);
  }
  const json = { ...JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')) };
  json.tie_word_embeddings = false;
  const files = new Map<string, Uint8Array>([
    ['config.json', new TextEncoder().encode(JSON.stringify(json))],
    ['model.gguf', new Uint8Array(Buffer.concat(pieces))],
  ]);
  const model = await openModel(folderFromFiles(files));
  expect(model.config.tieWordEmbeddings).toBe(true);
  expect(await forward(model, ids)).toEqual(await forward(tied, ids));
});
