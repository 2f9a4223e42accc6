import { AttuneError } from '@attune/gpu';
import { encodeFloats, halfBits } from './floats.ts';
import { ggmlType } from './gguf-types.ts';

/** Types that can be written to GGUF. */
export type WritableType = 'F32' | 'F16' | 'BF16' | 'Q8_0';

/**
 * float32 values as the bytes of a ggml type; `rowLength` is the length of a row, which quantised blocks must
 * fill.
 * @throws AttuneError `unsupported-dtype`
 */
export function encodeGgml(
  values: Float32Array,
  type: WritableType,
  rowLength: number,
): Uint8Array<ArrayBuffer> {
  if (type !== 'Q8_0') return encodeFloats(values, type);
  const { block } = ggmlType(type)!;
  if (rowLength % block === 0) return quantiseQ8(values);
  throw new AttuneError(
    'unsupported-dtype',
    `Rows of ${rowLength} values do not fill ${type}'s blocks of ${block}.`,
    'Write this tensor as F16.',
  );
}

/** ggml's Q8_0: blocks of 32 bytes q and a half-precision d = max|x| / 127, x ≈ d · q. Bit for bit ggml's. */
function quantiseQ8(values: Float32Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array((values.length / 32) * 34);
  for (let block = 0, at = 0; block < values.length; block += 32, at += 34) {
    let largest = 0;
    for (let i = 0; i < 32; i++) largest = Math.max(largest, Math.abs(values[block + i]!));
    const d = Math.fround(largest / 127);
    const inverse = d === 0 ? 0 : Math.fround(1 / d);
    const half = halfBits(d);
    out[at] = half & 255;
    out[at + 1] = half >> 8;
    for (let i = 0; i < 32; i++) {
      const x = Math.fround(values[block + i]! * inverse);
      // C's roundf: halves away from zero, where Math.round takes them up.
      out[at + 2 + i] = Math.trunc(x + (x < 0 ? -0.5 : 0.5));
    }
  }
  return out;
}
