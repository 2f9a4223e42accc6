import { describe, expect, it } from 'vitest';
import { encodeFloats, FLOAT_FORMATS, halfTable, toBfloat16, toFloat16 } from './floats.ts';

const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
const patternBytes = new Uint8Array(patterns.buffer);

/** By the definition: sign, five bits of exponent, ten of fraction. */
function half(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('half precision', () => {
  it('decodes all 65,536 patterns to their values', () => {
    const out = new Float32Array(65536);
    FLOAT_FORMATS.F16.decode(patternBytes, out);
    expect([...out]).toEqual([...patterns].map(half));
  });

  it('comes back from float32 unchanged, but for NaN payloads', () => {
    const values = new Float32Array(halfTable().buffer);
    const back = toFloat16(values);
    expect([...patterns].filter((h) => back[h] !== h && !Number.isNaN(half(h)))).toEqual([]);
  });

  it('rounds to the nearest value, ties to even', () => {
    for (let h = 0; h < 0x7bff; h += 7) {
      const low = half(h);
      const step = half(h + 1) - low;
      const even = h % 2 === 0 ? h : h + 1;
      const near = Float32Array.of(low + 0.49 * step, low + 0.5 * step, low + 0.51 * step);
      expect([...toFloat16(near)]).toEqual([h, even, h + 1]);
    }
  });

  it('overflows to infinity at 65520 and underflows to zero at 2^-25', () => {
    const values = Float32Array.of(65519, 65520, 1e38, 2 ** -25, 2 ** -25 * 1.01, -(2 ** -26));
    expect([...toFloat16(values)]).toEqual([0x7bff, 0x7c00, 0x7c00, 0, 1, 0x8000]);
    expect(half(toFloat16(Float32Array.of(Number.NaN))[0]!)).toBeNaN();
  });
});

describe('bfloat16', () => {
  it('is the upper half of a float32, and comes back unchanged', () => {
    const out = new Float32Array(65536);
    FLOAT_FORMATS.BF16.decode(patternBytes, out);
    const bits = new Uint32Array(out.buffer);
    expect([...patterns].filter((b) => bits[b] !== b * 65536)).toEqual([]);
    const back = toBfloat16(out);
    expect([...patterns].filter((b) => back[b] !== b && !Number.isNaN(out[b]!))).toEqual([]);
  });

  it('rounds ties to even and keeps NaN', () => {
    const bits = Uint32Array.of(0x3f808000, 0x3f818000, 0x3f808001, 0x7fbfffff);
    const out = toBfloat16(new Float32Array(bits.buffer));
    expect([...out.subarray(0, 3)]).toEqual([0x3f80, 0x3f82, 0x3f81]);
    expect(out[3]! & 0x7f).not.toBe(0);
  });
});

describe('encodeFloats', () => {
  it('gives bytes that decode to the same values', () => {
    const values = Float32Array.of(1, -2.5, 0.15625, 1024);
    for (const dtype of ['F32', 'F16', 'BF16'] as const) {
      const out = new Float32Array(4);
      FLOAT_FORMATS[dtype].decode(encodeFloats(values, dtype), out);
      expect(out).toEqual(values);
    }
  });

  it('copies, so that the source may change afterwards', () => {
    const values = Float32Array.of(1);
    const bytes = encodeFloats(values, 'F32');
    values[0] = 2;
    expect(new Float32Array(bytes.buffer)[0]).toBe(1);
  });
});
