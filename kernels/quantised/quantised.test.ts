import { expect, test } from 'vitest';
import { dequantised, packBlocks, type QuantisedDtype, scalesAt } from './quantised.ts';
import { blocksOf } from './testing.ts';

const formats: QuantisedDtype[] = ['q8_0', 'q4_0', 'q4_1', 'q4_k'];

test('a q4_1 block is d · q + m, low halves first', () => {
  // d = 0.5, m = -1; q = 0 … 15 in the low halves, 15 … 0 in the high halves.
  const block = Uint8Array.from([
    0,
    0x38,
    0,
    0xbc,
    ...Array.from({ length: 16 }, (_, i) => i | ((15 - i) << 4)),
  ]);
  const expected = Array.from({ length: 32 }, (_, i) => 0.5 * (i < 16 ? i : 31 - i) - 1);
  expect([...dequantised('q4_1', block)]).toEqual(expected);
});

test('a q8_0 block is d · q with signs', () => {
  const block = Uint8Array.from([0, 0x40, ...Array.from({ length: 32 }, (_, i) => (i - 16) & 255)]);
  expect([...dequantised('q8_0', block)]).toEqual(
    Array.from({ length: 32 }, (_, i) => 2 * (i - 16)),
  );
});

test.each(formats)('packing %s loses nothing: integers in order, scales behind', (dtype) => {
  const shape = [3, 512];
  const raw = blocksOf(dtype, shape, 5);
  const truth = dequantised(dtype, raw);
  const words = packBlocks(dtype, raw);
  const at = scalesAt({ shape, dtype });
  const bytes = new Uint8Array(words.buffer);
  // The integers alone tell which numbers of a block are equal.
  const bits = dtype === 'q8_0' ? 8 : 4;
  const integer = (i: number) => (bits === 8 ? bytes[i]! : (bytes[i >> 1]! >> (4 * (i & 1))) & 15);
  for (let block = 0; block < truth.length; block += 32) {
    const seen = new Map<number, number>();
    for (let i = block; i < block + 32; i++) {
      const q = integer(i);
      expect(seen.get(q) ?? truth[i]).toBe(truth[i]);
      seen.set(q, truth[i]!);
    }
  }
  expect(at).toBe((truth.length * bits) / 32);
  expect(words.length).toBeGreaterThan(at);
});

test('half a block is refused', () => {
  expect(() => packBlocks('q4_0', new Uint8Array(27))).toThrow(/no whole number/);
});
