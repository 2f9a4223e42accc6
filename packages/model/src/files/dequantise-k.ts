import type { BlockDecoder } from './dequantise.ts';
import { halfAt } from './floats.ts';

/**
 * ggml's super-blocks of 256 values: one or two half-precision scales over groups of 16 or 32 with short
 * integer scales of their own.
 * @see https://github.com/ggml-org/llama.cpp/pull/1684
 */
export const K_BLOCKS: Readonly<Record<string, BlockDecoder>> = {
  Q2_K(from, at, out, to) {
    const d = halfAt(from, at + 80);
    const least = halfAt(from, at + 82);
    for (let group = 0; group < 16; group++) {
      const packed = from[at + group]!;
      const scale = d * (packed & 15);
      const low = least * (packed >> 4);
      const shift = 2 * ((group >> 1) & 3);
      const q = at + 16 + 32 * (group >> 3) + 16 * (group & 1);
      for (let i = 0; i < 16; i++) {
        out[to + group * 16 + i] = scale * ((from[q + i]! >> shift) & 3) - low;
      }
    }
  },
  Q3_K(from, at, out, to) {
    const d = halfAt(from, at + 108);
    for (let group = 0; group < 16; group++) {
      const low = (from[at + 96 + (group & 7)]! >> (4 * (group >> 3))) & 15;
      const high = (from[at + 104 + (group & 3)]! >> (2 * (group >> 2))) & 3;
      const scale = d * ((low | (high << 4)) - 32);
      const shift = 2 * ((group >> 1) & 3);
      const plane = group >> 1;
      const column = 16 * (group & 1);
      const q = at + 32 + 32 * (group >> 3) + column;
      for (let i = 0; i < 16; i++) {
        const third = (from[at + column + i]! >> plane) & 1;
        out[to + group * 16 + i] = scale * (((from[q + i]! >> shift) & 3) - (third ? 0 : 4));
      }
    }
  },
  Q4_K(from, at, out, to) {
    const d = halfAt(from, at);
    const least = halfAt(from, at + 2);
    for (let group = 0; group < 8; group++) {
      const scale = d * scaleOf(from, at + 4, group);
      const low = least * minimumOf(from, at + 4, group);
      const q = at + 16 + 32 * (group >> 1);
      const shift = 4 * (group & 1);
      for (let i = 0; i < 32; i++) {
        out[to + group * 32 + i] = scale * ((from[q + i]! >> shift) & 15) - low;
      }
    }
  },
  Q5_K(from, at, out, to) {
    const d = halfAt(from, at);
    const least = halfAt(from, at + 2);
    for (let group = 0; group < 8; group++) {
      const scale = d * scaleOf(from, at + 4, group);
      const low = least * minimumOf(from, at + 4, group);
      const q = at + 48 + 32 * (group >> 1);
      const shift = 4 * (group & 1);
      for (let i = 0; i < 32; i++) {
        const fifth = (from[at + 16 + i]! >> group) & 1;
        out[to + group * 32 + i] = scale * (((from[q + i]! >> shift) & 15) | (fifth << 4)) - low;
      }
    }
  },
  Q6_K(from, at, out, to) {
    const d = halfAt(from, at + 208);
    for (let group = 0; group < 16; group++) {
      const scale = d * ((from[at + 192 + group]! << 24) >> 24);
      const part = group >> 3;
      // Within each half of 128: two nibble planes of 64 bytes, four 2-bit planes of 32 bytes.
      const q = at + 64 * part + 16 * (group & 3);
      const nibble = 4 * ((group >> 2) & 1);
      const high = at + 128 + 32 * part + 16 * (group & 1);
      const pair = 2 * ((group >> 1) & 3);
      for (let i = 0; i < 16; i++) {
        const value = ((from[q + i]! >> nibble) & 15) | (((from[high + i]! >> pair) & 3) << 4);
        out[to + group * 16 + i] = scale * (value - 32);
      }
    }
  },
};

/** Eight 6-bit scales and eight 6-bit minima in twelve bytes; the last four of each are split. */
function scaleOf(from: Uint8Array, at: number, group: number): number {
  if (group < 4) return from[at + group]! & 63;
  return (from[at + group + 4]! & 15) | ((from[at + group - 4]! >> 6) << 4);
}

function minimumOf(from: Uint8Array, at: number, group: number): number {
  if (group < 4) return from[at + group + 4]! & 63;
  return (from[at + group + 4]! >> 4) | ((from[at + group]! >> 6) << 4);
}
