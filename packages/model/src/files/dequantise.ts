import { K_BLOCKS } from './dequantise-k.ts';
import { FLOAT_FORMATS, halfAt } from './floats.ts';
import { ggmlType } from './gguf-types.ts';
import type { Decoder } from './weights.ts';

/** Turns one block, whose bytes start at `at`, into values from `to` on. */
export type BlockDecoder = (from: Uint8Array, at: number, out: Float32Array, to: number) => void;

/**
 * The blocks of 32 with one scale each. A product of a half-precision scale and a small integer is exact in
 * float64, so one rounding at the store gives llama.cpp's float32 results bit for bit.
 */
const BLOCKS_OF_32: Readonly<Record<string, BlockDecoder>> = {
  Q8_0(from, at, out, to) {
    const d = halfAt(from, at);
    for (let i = 0; i < 32; i++) out[to + i] = d * ((from[at + 2 + i]! << 24) >> 24);
  },
  Q4_0(from, at, out, to) {
    const d = halfAt(from, at);
    for (let i = 0; i < 16; i++) {
      const q = from[at + 2 + i]!;
      out[to + i] = d * ((q & 15) - 8);
      out[to + i + 16] = d * ((q >> 4) - 8);
    }
  },
  Q4_1(from, at, out, to) {
    const d = halfAt(from, at);
    const m = halfAt(from, at + 2);
    for (let i = 0; i < 16; i++) {
      const q = from[at + 4 + i]!;
      out[to + i] = d * (q & 15) + m;
      out[to + i + 16] = d * (q >> 4) + m;
    }
  },
  Q5_0(from, at, out, to) {
    const d = halfAt(from, at);
    const high = word(from, at + 2);
    for (let i = 0; i < 16; i++) {
      const q = from[at + 6 + i]!;
      out[to + i] = d * (((q & 15) | (((high >>> i) & 1) << 4)) - 16);
      out[to + i + 16] = d * (((q >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
    }
  },
  Q5_1(from, at, out, to) {
    const d = halfAt(from, at);
    const m = halfAt(from, at + 2);
    const high = word(from, at + 4);
    for (let i = 0; i < 16; i++) {
      const q = from[at + 8 + i]!;
      out[to + i] = d * ((q & 15) | (((high >>> i) & 1) << 4)) + m;
      out[to + i + 16] = d * ((q >> 4) | (((high >>> (i + 16)) & 1) << 4)) + m;
    }
  },
  IQ4_NL(from, at, out, to) {
    const d = halfAt(from, at);
    for (let i = 0; i < 16; i++) {
      const q = from[at + 2 + i]!;
      out[to + i] = d * NON_LINEAR[q & 15]!;
      out[to + i + 16] = d * NON_LINEAR[q >> 4]!;
    }
  },
};

/** The sixteen levels of the IQ4 types. */
const NON_LINEAR = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** 256 values in eight groups, each with a 6-bit scale of its own. */
const IQ4_XS: BlockDecoder = (from, at, out, to) => {
  const d = halfAt(from, at);
  const high = from[at + 2]! | (from[at + 3]! << 8);
  for (let group = 0; group < 8; group++) {
    const low = (from[at + 4 + (group >> 1)]! >> (4 * (group & 1))) & 15;
    const scale = d * ((low | (((high >> (2 * group)) & 3) << 4)) - 32);
    for (let i = 0; i < 16; i++) {
      const q = from[at + 8 + group * 16 + i]!;
      out[to + group * 32 + i] = scale * NON_LINEAR[q & 15]!;
      out[to + group * 32 + i + 16] = scale * NON_LINEAR[q >> 4]!;
    }
  }
};

function word(from: Uint8Array, at: number): number {
  return from[at]! | (from[at + 1]! << 8) | (from[at + 2]! << 16) | (from[at + 3]! << 24);
}

const BLOCKS: Readonly<Record<string, BlockDecoder>> = { ...BLOCKS_OF_32, IQ4_XS, ...K_BLOCKS };

/** How a ggml type becomes float32, or undefined where it is not read. Results are llama.cpp's, bit for bit. */
export function ggmlDecoder(name: string): Decoder | undefined {
  const type = ggmlType(name);
  if (type === undefined) return undefined;
  const { block, bytes } = type;
  if (Object.hasOwn(FLOAT_FORMATS, name)) {
    return { block, ...FLOAT_FORMATS[name as keyof typeof FLOAT_FORMATS] };
  }
  const decodeBlock = BLOCKS[name];
  if (decodeBlock === undefined) return undefined;
  return {
    block,
    bytes,
    decode(from, to) {
      for (let at = 0, out = 0; out < to.length; at += bytes, out += block) {
        decodeBlock(from, at, to, out);
      }
    },
  };
}
