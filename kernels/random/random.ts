import text from './random.wgsl';

/** random.wgsl: `philox(counter, key)`, for kernels that draw to include. */
export const randomText: string = text;

export type RandomCounter = readonly [number, number, number, number];

/** The upper 32 bits of the 64-bit product of two words. */
function highProduct(x: number, y: number): number {
  const low = (x & 0xffff) * (y & 0xffff);
  const middle = (x >>> 16) * (y & 0xffff) + (low >>> 16);
  const other = (x & 0xffff) * (y >>> 16) + (middle & 0xffff);
  const carried = Math.floor(middle / 65536) + Math.floor(other / 65536);
  return ((x >>> 16) * (y >>> 16) + carried) >>> 0;
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

/** A seed of up to 2⁵³ as the two words of a key. */
export function seedKey(seed: number): [number, number] {
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/** `count` numbers made of words taken two at a time from a stream of a seed. */
function fromWords(
  [count, seed, stream]: readonly [number, number, number],
  pair: (first: number, second: number) => readonly [number, number],
): Float32Array<ArrayBuffer> {
  const key = seedKey(seed);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 4) {
    const [a, b, c, d] = philox([i / 4, 0, stream >>> 0, 0x696e6974], key);
    [...pair(a, b), ...pair(c, d)].forEach((value, k) => {
      if (i + k < count) values[i + k] = value;
    });
  }
  return values;
}

/** Independent normal numbers of mean 0 and variance 1 (Box and Muller); each `stream` of a seed is its own. */
export function randomNormals(count: number, seed: number, stream = 0): Float32Array<ArrayBuffer> {
  return fromWords([count, seed, stream], (first, second) => {
    const radius = Math.sqrt(-2 * Math.log((first + 1) / 2 ** 32));
    const angle = (2 * Math.PI * second) / 2 ** 32;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

/** Independent numbers in [0, 1), exact multiples of 2⁻²⁴; each `stream` of a seed is its own. */
export function randomUniforms(count: number, seed: number, stream = 0): Float32Array<ArrayBuffer> {
  return fromWords([count, seed, stream], (first, second) => [uniform01(first), uniform01(second)]);
}
