import { AttuneError } from '@attune/gpu';

// numpy's default generator, as far as `datasets` draws its splits and shuffles with it:
// SeedSequence, PCG64 (XSL-RR), and Generator.permutation.

const word = 0xffffffff;
const mask64 = (1n << 64n) - 1n;
const mask128 = (1n << 128n) - 1n;
const multiplier = 0x2360ed051fc65da44385df649fccf645n;

/**
 * The permutation of 0 to `length` - 1 that `numpy.random.default_rng(seed).permutation(length)` gives,
 * bit for bit: what `datasets` shuffles and splits by.
 *
 * @throws AttuneError `seed-invalid`
 * @see https://numpy.org/doc/stable/reference/random/generator.html
 */
export function numpyPermutation(length: number, seed: number): Uint32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new AttuneError(
      'seed-invalid',
      `The seed is ${seed}; it is a whole number from 0.`,
      'Set seed to a whole number, for instance 42.',
    );
  }
  const next = pcg64Words(seed);
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = below(i + 1, next);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** A whole number from 0 to `bound` - 1: so many bits as it has, drawn until they are below it. */
function below(bound: number, next: () => number): number {
  const mask = word >>> Math.clz32(bound - 1);
  for (;;) {
    const drawn = (next() & mask) >>> 0;
    if (drawn < bound) return drawn;
  }
}

/** Words of 32 bits: of each 64 the lower half first. */
function pcg64Words(seed: number): () => number {
  const [a, b, c, d] = seedState(seed) as [bigint, bigint, bigint, bigint];
  const increment = ((((c << 64n) | d) << 1n) | 1n) & mask128;
  let state = increment;
  const step = (): void => {
    state = (state * multiplier + increment) & mask128;
  };
  state = (state + ((a << 64n) | b)) & mask128;
  step();
  let waiting: number | undefined;
  return () => {
    if (waiting !== undefined) {
      const upper = waiting;
      waiting = undefined;
      return upper;
    }
    step();
    const mixed = (state >> 64n) ^ (state & mask64);
    const turn = state >> 122n;
    const drawn = ((mixed >> turn) | (mixed << (64n - turn))) & mask64;
    waiting = Number(drawn >> 32n);
    return Number(drawn & BigInt(word));
  };
}

/** Four words of 64 bits, as SeedSequence makes them of a seed. */
function seedState(seed: number): bigint[] {
  const entropy = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)];
  let constant = 0x43b0d7e5;
  const hash = (value: number): number => {
    let mixed = value ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    mixed = Math.imul(mixed, constant);
    return mixed ^ (mixed >>> 16);
  };
  const mix = (x: number, y: number): number => {
    const mixed = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
    return mixed ^ (mixed >>> 16);
  };
  const pool = Array.from({ length: 4 }, (_, i) => hash(entropy[i] ?? 0));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from !== to) pool[to] = mix(pool[to]!, hash(pool[from]!));
    }
  }
  let second = 0x8b51f9dd;
  const words = Array.from({ length: 8 }, (_, i) => {
    let value = pool[i % 4]! ^ second;
    second = Math.imul(second, 0x58f38ded);
    value = Math.imul(value, second);
    return BigInt((value ^ (value >>> 16)) >>> 0);
  });
  return [0, 2, 4, 6].map((i) => words[i]! | (words[i + 1]! << 32n));
}
