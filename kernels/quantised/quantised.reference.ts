/** Formats of blocks: short integers with a scale for each block of a row. */
export type QuantisedDtype = 'q8_0' | 'q4_0' | 'q4_1' | 'q4_k';

/**
 * The numbers of ggml's blocks, in float64.
 * @see https://github.com/ggml-org/llama.cpp, ggml/src/ggml-quants.c, dequantize_row_*
 */
export function dequantised(dtype: QuantisedDtype, raw: Uint8Array): Float64Array {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const out: number[] = [];
  const nibbles = (at: number, count: number, value: (q: number, i: number) => number) => {
    for (let i = 0; i < count; i++) out.push(value(view.getUint8(at + i) & 15, i));
    for (let i = 0; i < count; i++) out.push(value(view.getUint8(at + i) >> 4, i));
  };
  const bytes = { q8_0: 34, q4_0: 18, q4_1: 20, q4_k: 144 }[dtype];
  for (let at = 0; at < raw.length; at += bytes) {
    const d = half(view.getUint16(at, true));
    if (dtype === 'q8_0') {
      for (let i = 0; i < 32; i++) out.push(d * view.getInt8(at + 2 + i));
    } else if (dtype === 'q4_0') {
      nibbles(at + 2, 16, (q) => d * (q - 8));
    } else if (dtype === 'q4_1') {
      const m = half(view.getUint16(at + 2, true));
      nibbles(at + 4, 16, (q) => d * q + m);
    } else {
      const e = half(view.getUint16(at + 2, true));
      const six = (bit: number) => (view.getUint16(at + 4 + (bit >> 3), true) >> (bit & 7)) & 63;
      const upper = (i: number, shift: number, from: number) =>
        ((view.getUint8(at + 12 + i) >> shift) & 15) |
        ((view.getUint8(at + 4 + i + from) >> 6) << 4);
      const scale = (g: number) => (g < 4 ? six(8 * g) : upper(g - 4, 0, 0));
      const least = (g: number) => (g < 4 ? six(8 * (g + 4)) : upper(g - 4, 4, 4));
      for (let g = 0; g < 8; g++) {
        const shift = 4 * (g & 1);
        for (let i = 0; i < 32; i++) {
          const q = (view.getUint8(at + 16 + 32 * (g >> 1) + i) >> shift) & 15;
          out.push(d * scale(g) * q - e * least(g));
        }
      }
    }
  }
  return Float64Array.from(out);
}

/** A half-precision number from its bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
