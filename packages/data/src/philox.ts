/**
 * Philox 4×32-10, a counter-based generator: the numbers of a stream are a function of key and
 * counter, so that any of them can be had without those before it.
 *
 * @param counter four 32-bit words
 * @param key two 32-bit words
 * @returns four 32-bit words
 * @see Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const highA = multiplyHigh(0xd2511f53, a);
    const lowA = Math.imul(0xd2511f53, a) >>> 0;
    const highC = multiplyHigh(0xcd9e8d57, c);
    const lowC = Math.imul(0xcd9e8d57, c) >>> 0;
    [a, b, c, d] = [(highC ^ b ^ k0) >>> 0, lowC, (highA ^ d ^ k1) >>> 0, lowA];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/** The upper 32 bits of the 64-bit product of two unsigned words. */
function multiplyHigh(x: number, y: number): number {
  const [xHigh, xLow] = [x >>> 16, x & 0xffff];
  const [yHigh, yLow] = [y >>> 16, y & 0xffff];
  const middle = xHigh * yLow + ((xLow * yLow) >>> 16);
  const other = xLow * yHigh + (middle & 0xffff);
  return xHigh * yHigh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000);
}

/**
 * A whole number from 0 to `bound` - 1: the `index`-th of stream `stream` under `seed`. Two words
 * make 53 bits, so that the bias stays below 2^-20 for any data set.
 */
export function uniformInteger(seed: number, stream: number, index: number, bound: number): number {
  const low = index >>> 0;
  const high = Math.floor(index / 2 ** 32) >>> 0;
  const [a, b] = philox(
    [low, high, stream >>> 0, 0],
    [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0],
  );
  const fraction = ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;
  return Math.floor(fraction * bound);
}

/** A permutation of 0 to `length` - 1 (Fisher-Yates): epoch `stream` of `seed`. */
export function permutation(length: number, seed: number, stream: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = uniformInteger(seed, stream, i, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
