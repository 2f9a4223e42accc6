import { philox } from '@attune/kernels';

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
