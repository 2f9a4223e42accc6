import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { folderFromFiles } from './folder.ts';
import { readGguf } from './gguf.ts';
import { ggufValue, writeGguf } from './gguf-writer.ts';
import { openModel } from './open.ts';
import { readSafetensors } from './safetensors.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { concat, faultOf, text } from './testing/fault.ts';
import { fixture } from './testing/fixture.ts';
import type { WeightSource } from './weights.ts';

/** The same inputs in every run (mulberry32); a failure names its seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** Numbers that parsers trip over, as 4 or 8 little-endian bytes. */
const MAGIC = [
  0n,
  1n,
  31n,
  33n,
  255n,
  2n ** 15n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const WORDS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '-1',
  '1e9',
  '99999999999999999999',
  'null',
  '\\u0000',
  '"F32"',
  '[0,0]',
];

/** One to four damages of the kinds that happen and that are done on purpose. */
function mutate(original: Uint8Array, next: (below: number) => number): Uint8Array {
  let bytes = original.slice();
  for (let round = 1 + next(4); round > 0; round--) {
    // Most of what can be lied about stands at the front.
    const at = next(2) === 0 ? next(Math.min(bytes.length, 1024) + 1) : next(bytes.length + 1);
    switch (next(7)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << next(8);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = next(256);
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = concat(bytes.slice(0, at), bytes.slice(at + 1 + next(16)));
        break;
      case 4: {
        const from = next(bytes.length + 1);
        bytes = concat(bytes.slice(0, at), bytes.slice(from, from + next(64)), bytes.slice(at));
        break;
      }
      case 5: {
        const value = MAGIC[next(MAGIC.length)]!;
        const eight = new Uint8Array(BigUint64Array.of(value).buffer);
        bytes.set(eight.subarray(0, Math.max(0, Math.min(next(2) ? 8 : 4, bytes.length - at))), at);
        break;
      }
      case 6: {
        const word = text(WORDS[next(WORDS.length)]!);
        bytes = concat(bytes.slice(0, at), word, bytes.slice(at + word.length * next(2)));
      }
    }
  }
  return bytes;
}

/** What must hold of every file that is let in: each tensor can be read, to the size that was said. */
async function readAll(file: WeightSource): Promise<void> {
  for (const name of file.names()) {
    const { shape, bytes } = file.info(name);
    expect(await file.raw(name)).toHaveLength(bytes);
    const fault = await faultOf(async () => {
      const values = await file.float32(name);
      expect(values).toHaveLength(shape.reduce((a, b) => a * b, 1));
    });
    expect(['no error', 'unsupported-dtype']).toContain(fault);
  }
}

async function fuzz(
  original: Uint8Array,
  inputs: number,
  open: (bytes: Uint8Array) => Promise<unknown>,
) {
  const codes = new Map<string, number>();
  for (let seed = 1; seed <= inputs; seed++) {
    const bytes = mutate(original, random(seed));
    let code: string;
    try {
      code = await faultOf(() => open(bytes));
    } catch (cause) {
      throw new Error(`seed ${seed} ended in ${String(cause)}`, { cause });
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  return codes;
}

describe('damaged files end in a named error or are valid', () => {
  it('for 4,000 safetensors files', async () => {
    const original = writeSafetensors(
      [
        { name: 'a.weight', dtype: 'F32', shape: [4, 2], data: new Uint8Array(32) },
        { name: 'b.weight', dtype: 'BF16', shape: [3], data: new Uint8Array(6) },
        { name: 'c', dtype: 'I64', shape: [], data: new Uint8Array(8) },
      ],
      { format: 'pt' },
    );
    const codes = await fuzz(original, 4000, async (bytes) =>
      readAll(await readSafetensors(bytes)),
    );
    expect(codes.get('invalid-safetensors')).toBeGreaterThan(500);
    expect(codes.get('file-truncated')).toBeGreaterThan(500);
    expect(codes.get('no error')).toBeGreaterThan(50);
  });

  it('for 4,000 GGUF files', async () => {
    const metadata = new Map([
      ['general.architecture', ggufValue.string('llama')],
      ['llama.block_count', ggufValue.uint32(1)],
      ['tokenizer.ggml.tokens', ggufValue.strings(['a', 'b', 'ab'])],
      ['tokenizer.ggml.token_type', ggufValue.int32s([1, 1, 1])],
      ['general.flag', ggufValue.bool(true)],
    ]);
    const original = writeGguf(metadata, [
      { name: 'a.weight', type: 'Q8_0', shape: [2, 32], data: new Uint8Array(68) },
      { name: 'b.weight', type: 'F32', shape: [3], data: new Uint8Array(12) },
    ]);
    const codes = await fuzz(original, 4000, async (bytes) => readAll(await readGguf(bytes)));
    expect(codes.get('invalid-gguf')).toBeGreaterThan(500);
    expect(codes.get('file-truncated')).toBeGreaterThan(300);
    expect(codes.get('no error')).toBeGreaterThan(50);
  });

  it('for 300 whole models in GGUF, config and tokenizer included', async () => {
    const original = new Uint8Array(await readFile(fixture('llama-q4_0.gguf')));
    const codes = await fuzz(original, 300, async (bytes) => {
      const model = await openModel(folderFromFiles(new Map([['m.gguf', bytes]])));
      await model.weights.float32('model.layers.0.self_attn.q_proj.weight');
    });
    expect(codes.size).toBeGreaterThan(2);
  });

  it('for 1,000 config.json files', async () => {
    const names = ['config.json', 'model.safetensors', 'tokenizer.json'];
    const files = new Map<string, Uint8Array>();
    for (const name of names) {
      files.set(name, new Uint8Array(await readFile(fixture(`llama-2024/${name}`))));
    }
    const codes = await fuzz(files.get('config.json')!, 1000, (bytes) =>
      openModel(folderFromFiles(new Map([...files, ['config.json', bytes]]))),
    );
    expect(codes.get('invalid-json')).toBeGreaterThan(100);
  });
});
