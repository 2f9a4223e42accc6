import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ggmlDecoder } from './dequantise.ts';
import { readSafetensors } from './safetensors.ts';

const path = fileURLToPath(new URL('./fixtures/quant.safetensors', import.meta.url));
const file = await readSafetensors(new Uint8Array(await readFile(path)));
const types = file
  .names()
  .filter((name) => name.endsWith('.blocks'))
  .map((name) => name.replace('.blocks', ''));

/** Compares bits, so that -0 and NaN count too. */
function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

describe('dequantisation', () => {
  it('covers every type that the fixture has', () => {
    expect(types.sort()).toEqual(
      'BF16 F16 IQ4_NL IQ4_XS Q2_K Q3_K Q4_0 Q4_1 Q4_K Q5_0 Q5_1 Q5_K Q6_K Q8_0'.split(' '),
    );
  });

  it.each(types)('gives the reference values of %s bit for bit', async (type) => {
    const blocks = await file.raw(`${type}.blocks`);
    const expected = await file.float32(`${type}.dequantised`);
    const out = new Float32Array(expected.length);
    ggmlDecoder(type)!.decode(blocks, out);
    expect(bits(out)).toEqual(bits(expected));
  });

  it('does not need aligned bytes', async () => {
    const blocks = await file.raw('F16.blocks');
    const shifted = new Uint8Array(blocks.length + 1);
    shifted.set(blocks, 1);
    const out = new Float32Array(blocks.length / 2);
    ggmlDecoder('F16')!.decode(shifted.subarray(1), out);
    expect(out).toEqual(await file.float32('F16.dequantised'));
  });

  it('knows no decoder for types that nobody asked for', () => {
    expect(ggmlDecoder('IQ1_S')).toBeUndefined();
    expect(ggmlDecoder('nonsense')).toBeUndefined();
  });
});
