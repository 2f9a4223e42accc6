/** A running SHA-256; `hex` ends it. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  hex(): string;
}

type NodeCrypto = typeof import('node:crypto');

/** Node's own where there is one, since it is ten times as fast; WebCrypto has no running digest. */
export function sha256(): Sha256 {
  const crypto = globalThis.process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined;
  if (crypto === undefined) return plainSha256();
  const hash = crypto.createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
}

/** The first 32 bits of the fractional parts of a root of the first 64 primes: the standard's constants. */
function constants(root: (n: number) => number, count: number): Uint32Array {
  const out = new Uint32Array(count);
  for (let n = 2, found = 0; found < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (prime) out[found++] = (root(n) % 1) * 2 ** 32;
  }
  return out;
}

const K = constants(Math.cbrt, 64);
const START = constants(Math.sqrt, 8);

/** @see FIPS 180-4 */
export function plainSha256(): Sha256 {
  const state = START.slice();
  const block = new Uint8Array(64);
  const view = new DataView(block.buffer);
  const w = new Uint32Array(64);
  let filled = 0;
  let total = 0;

  const compress = () => {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(4 * i);
    for (let i = 16; i < 64; i++) {
      const [x, y] = [w[i - 15]!, w[i - 2]!];
      const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
      const s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as number[] as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (let i = 0; i < 64; i++) {
      const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
      const one = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0;
      const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    for (const [i, v] of [a, b, c, d, e, f, g, h].entries()) state[i]! += v;
  };
  const update = (bytes: Uint8Array) => {
    total += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const take = Math.min(64 - filled, bytes.length - at);
      block.set(bytes.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled === 64) {
        compress();
        filled = 0;
      }
    }
  };
  return {
    update,
    hex() {
      const bits = total * 8;
      const padding = new Uint8Array(((119 - (total % 64)) % 64) + 1 + 8);
      padding[0] = 0x80;
      const end = new DataView(padding.buffer);
      end.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
      end.setUint32(padding.length - 4, bits >>> 0);
      update(padding);
      return [...state].map((v) => v.toString(16).padStart(8, '0')).join('');
    },
  };
}

function turn(x: number, by: number): number {
  return (x >>> by) | (x << (32 - by));
}
