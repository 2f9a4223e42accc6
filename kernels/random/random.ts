import { philox, uniform01 } from './random.reference.ts';
import text from './random.wgsl';

/** random.wgsl: `philox(counter, key)`, for kernels that draw to include. */
export const randomText: string = text;

export { philox, type RandomCounter, uniform01 } from './random.reference.ts';

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
