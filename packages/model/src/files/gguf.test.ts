import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type ByteSource, bytesFromMemory, bytesFromPath } from './bytes.ts';
import { readGguf } from './gguf.ts';
import type { GgufMetadata, GgufValue } from './gguf-types.ts';
import { ggufValue, streamGguf, writeGguf } from './gguf-writer.ts';
import { encodeGgml } from './quantise.ts';
import { readSafetensors } from './safetensors.ts';
import { concat, faultOf } from './testing/fault.ts';
import { fixture } from './testing/fixture.ts';

const everyType: [string, GgufValue][] = [
  ['a.uint8', { type: 'uint8', value: 255 }],
  ['a.int8', { type: 'int8', value: -128 }],
  ['a.uint16', { type: 'uint16', value: 65535 }],
  ['a.int16', { type: 'int16', value: -32768 }],
  ['a.uint32', { type: 'uint32', value: 4294967295 }],
  ['a.int32', { type: 'int32', value: -2147483648 }],
  ['a.float32', { type: 'float32', value: 0.15625 }],
  ['a.bool', { type: 'bool', value: false }],
  ['a.string', { type: 'string', value: 'Ġé\n🙂' }],
  ['a.uint64', { type: 'uint64', value: 2n ** 64n - 1n }],
  ['a.small', { type: 'uint64', value: 77 }],
  ['a.int64', { type: 'int64', value: -(2n ** 63n) }],
  ['a.float64', { type: 'float64', value: Math.PI }],
  ['l.uint8', { type: 'array', of: 'uint8', value: Uint8Array.of(1, 2) }],
  ['l.int16', { type: 'array', of: 'int16', value: Int16Array.of(-1, 2) }],
  ['l.float32', { type: 'array', of: 'float32', value: Float32Array.of(1.5, -0) }],
  ['l.float64', { type: 'array', of: 'float64', value: Float64Array.of(0.1) }],
  ['l.bool', { type: 'array', of: 'bool', value: [true, false] }],
  ['l.string', { type: 'array', of: 'string', value: ['', 'a', 'ß'] }],
  ['l.int64', { type: 'array', of: 'int64', value: [1, -(2n ** 60n)] }],
];

describe('GGUF', () => {
  it('reads back every type of metadata that it writes', async () => {
    const metadata: GgufMetadata = new Map(everyType);
    const file = await readGguf(writeGguf(metadata, []));
    expect([...file.metadata]).toEqual(everyType);
    expect(file.version).toBe(3);
  });

  it('writes again, byte for byte, a file of llama.cpp’s converter', async () => {
    for (const name of ['llama-q4_0.gguf', 'llama-rope3-q8_0.gguf']) {
      const bytes = new Uint8Array(await readFile(fixture(name)));
      const file = await readGguf(bytes);
      const tensors = await Promise.all(
        file.names().map(async (tensor) => {
          const { shape, dtype } = file.info(tensor);
          return { name: tensor, type: dtype, shape, data: await file.raw(tensor) };
        }),
      );
      expect(Buffer.compare(writeGguf(file.metadata, tensors), bytes)).toBe(0);
      const lazy = tensors.map((t) => ({ ...t, data: async () => t.data }));
      const pieces: Uint8Array[] = [];
      for await (const piece of streamGguf(file.metadata, lazy)) pieces.push(piece);
      expect(Buffer.compare(concat(...pieces), bytes)).toBe(0);
    }
  });

  it('reads a header that is longer than its first read', async () => {
    const words = Array.from({ length: 150_000 }, (_, i) => `token ${i}`);
    const metadata = new Map([['t', ggufValue.strings(words)]]);
    const bytes = writeGguf(metadata, []);
    expect(bytes.length).toBeGreaterThan(2 * 2 ** 20);
    const file = await readGguf(bytes);
    expect(file.metadata.get('t')?.value).toEqual(words);
  });

  it('reads only the header and the tensor that is asked for', async () => {
    const whole = bytesFromMemory(new Uint8Array(await readFile(fixture('llama-q4_0.gguf'))));
    let read = 0;
    const counted: ByteSource = {
      ...whole,
      size: whole.size,
      read: (offset, length) => {
        read += length;
        return whole.read(offset, length);
      },
    };
    const file = await readGguf(counted);
    read = 0;
    await file.float32('blk.0.attn_norm.weight');
    expect(read).toBe(256);
  });

  it('gives shapes row-major and blocks as stored', async () => {
    const file = await readGguf(await bytesFromPath(fixture('llama-q4_0.gguf')));
    expect(file.info('blk.0.ffn_down.weight')).toEqual({
      shape: [64, 96],
      dtype: 'Q4_0',
      bytes: (64 * 96 * 18) / 32,
    });
    expect(await file.raw('blk.0.ffn_down.weight')).toHaveLength(3456);
    expect(file.alignment).toBe(32);
  });

  it('refuses to write what cannot be read', async () => {
    const data = new Uint8Array(34);
    const good = { name: 'a', type: 'Q8_0', shape: [32], data };
    for (const tensors of [
      [good, good],
      [{ ...good, shape: [16] }],
      [{ ...good, shape: [32, 2] }],
      [{ ...good, type: 'Q9' }],
      [{ ...good, name: 'n'.repeat(64) }],
      [{ ...good, name: '' }],
    ]) {
      expect(await faultOf(async () => writeGguf(new Map(), tensors))).toBe('invalid-tensor');
    }
    const wrong = new Map<string, GgufValue>([['a', { type: 'uint32', value: 'x' }]]);
    expect(await faultOf(async () => writeGguf(wrong, []))).toBe('invalid-metadata');
  });
});

describe('quantising to Q8_0', () => {
  it('gives the reference blocks bit for bit', async () => {
    const file = await readSafetensors(await bytesFromPath(fixture('quant.safetensors')));
    const values = await file.float32('values');
    expect(encodeGgml(values, 'Q8_0', 512)).toEqual(await file.raw('Q8_0.blocks'));
    expect(encodeGgml(values, 'F16', 512)).toEqual(await file.raw('F16.blocks'));
    expect(encodeGgml(values, 'BF16', 512)).toEqual(await file.raw('BF16.blocks'));
  });

  it('refuses rows that do not fill blocks', async () => {
    const attempt = async () => encodeGgml(new Float32Array(48), 'Q8_0', 24);
    expect(await faultOf(attempt)).toBe('unsupported-dtype');
  });
});
