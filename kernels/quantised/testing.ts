import { elements, type Shape } from '../contract/index.ts';
import { randomUniforms } from '../random/random.ts';
import type { QuantisedDtype } from './quantised.ts';

/** Blocks of random bits as a GGUF file would hold them, with scales around 0.01. */
export function blocksOf(dtype: QuantisedDtype, shape: Shape, seed: number): Uint8Array {
  const length = dtype === 'q4_k' ? 256 : 32;
  const bytes = { q8_0: 34, q4_0: 18, q4_1: 20, q4_k: 144 }[dtype];
  const raw = new Uint8Array((elements(shape) / length) * bytes);
  raw.set(randomUniforms(raw.length, seed).map((value) => Math.floor(value * 256)));
  const halves = dtype === 'q4_1' || dtype === 'q4_k' ? 2 : 1;
  for (let at = 0; at < raw.length; at += bytes) {
    // Exponents -9 to -6, either sign: what stands in the second byte of a half.
    for (let i = 0; i < halves; i++) {
      const byte = raw[at + 2 * i + 1]!;
      raw[at + 2 * i + 1] = (byte & 0x80) | 0x18 | (byte & 0x0f);
    }
  }
  return raw;
}
