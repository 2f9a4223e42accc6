/**
 * The index of the first NaN or infinity, or -1. Found by the exponent's bits, as everywhere in Attune:
 * shader compilers may assume that `x != x` never holds.
 */
export function firstNonFinite(x: Float32Array): number {
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7f800000) === 0x7f800000) return i;
  }
  return -1;
}

export const isFiniteBits = (x: Float32Array): boolean => firstNonFinite(x) < 0;
