export type RandomCounter = readonly [number, number, number, number];

/** The upper 32 bits of the 64-bit product of two words. */
function highProduct(x: number, y: number): number {
  const low = (x & 0xffff) * (y & 0xffff);
  const middle = (x >>> 16) * (y & 0xffff) + (low >>> 16);
  const other = (x & 0xffff) * (y >>> 16) + (middle & 0xffff);
  const carry = Math.floor(middle / 65536) + Math.floor(other / 65536);
  return ((x >>> 16) * (y >>> 16) + carry) >>> 0;
}

/**
 * Four random words of 32 bits that depend on counter and key alone: Philox 4×32-10, with the bits of
 * the WGSL function of that name.
 * @see Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3
 */
export function philox(
  counter: RandomCounter,
  key: readonly [number, number],
): [number, number, number, number] {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [lowA, highA] = [Math.imul(0xd2511f53, a), highProduct(0xd2511f53, a)];
    const [lowC, highC] = [Math.imul(0xcd9e8d57, c), highProduct(0xcd9e8d57, c)];
    [a, b, c, d] = [(highC ^ b ^ k0) >>> 0, lowC >>> 0, (highA ^ d ^ k1) >>> 0, lowA >>> 0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [a, b, c, d];
}

/** A word as a number in [0, 1), a multiple of 2⁻²⁴: exact in f32. */
export function uniform01(word: number): number {
  return (word >>> 8) / 2 ** 24;
}
