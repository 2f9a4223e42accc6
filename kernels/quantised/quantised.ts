import { AttuneError } from '@attune/gpu';
import { type Dtype, elements, type Tensor } from '../contract/index.ts';
import type { QuantisedDtype } from './quantised.reference.ts';
import text from './quantised.wgsl';

export { dequantised, type QuantisedDtype } from './quantised.reference.ts';

/** Numbers of a block, bytes of it in a GGUF file, bits of a number's integer. */
const blocks: Record<QuantisedDtype, { length: number; bytes: number; bits: number }> = {
  q8_0: { length: 32, bytes: 34, bits: 8 },
  q4_0: { length: 32, bytes: 18, bits: 4 },
  q4_1: { length: 32, bytes: 20, bits: 4 },
  q4_k: { length: 256, bytes: 144, bits: 4 },
};

export function isQuantised(dtype: string): dtype is QuantisedDtype {
  return dtype in blocks;
}

/** Numbers that a row of this format is a multiple of: blocks do not cross rows, and kernels read by fours. */
export function rowUnit(dtype: Dtype): number {
  if (isQuantised(dtype)) return blocks[dtype].length;
  return dtype === 'f32' ? 1 : 4;
}

/** @throws AttuneError `wrong-shape` where the rows of a matrix are no whole number of its format's blocks */
export function expectRows({ name, shape, dtype }: Tensor): void {
  const unit = rowUnit(dtype);
  if (shape.at(-1)! % unit === 0) return;
  throw new AttuneError(
    'wrong-shape',
    `${name} [${shape}] is ${dtype}, whose rows are multiples of ${unit} long.`,
    'Keep this tensor as f32.',
  );
}

/** quantised.wgsl for the storage variable `name`, whatever its format: `fourOfNAME` reads it by fours. */
export function weightReader(name: string): string {
  return text.replaceAll('WEIGHT', name);
}

/** The defines that `weightReader` needs for a tensor of this format. */
export function weightDefines(dtype: Dtype): Record<string, boolean> {
  return {
    F16: dtype === 'f16',
    BF16: dtype === 'bf16',
    HALF: dtype === 'f16' || dtype === 'bf16',
    QUANTISED: isQuantised(dtype),
    PACKED: dtype !== 'f32',
    FOUR_BITS: isQuantised(dtype) && blocks[dtype].bits === 4,
    Q8_0: dtype === 'q8_0',
    Q4_0: dtype === 'q4_0',
    Q4_1: dtype === 'q4_1',
  };
}

/** The word of a packed tensor at which its scales begin: `params.scales` of quantised.wgsl. */
export function scalesAt({ shape, dtype }: Pick<Tensor, 'shape' | 'dtype'>): number {
  return isQuantised(dtype) ? (elements(shape) * blocks[dtype].bits) / 32 : 0;
}

/**
 * ggml's blocks as kernels read them: first all integers, in the order of the numbers, then all scales. As many
 * bytes as in the file, or 3 % more (q4_k); no number changes.
 *
 * @param raw whole blocks, as a GGUF file stores a tensor
 * @throws AttuneError `wrong-shape` where they do not end with `raw`
 */
export function packBlocks(dtype: QuantisedDtype, raw: Uint8Array): Uint32Array<ArrayBuffer> {
  const { length, bytes, bits } = blocks[dtype];
  const count = raw.length / bytes;
  if (!Number.isInteger(count)) {
    throw new AttuneError(
      'wrong-shape',
      `${raw.length} bytes are no whole number of ${dtype} blocks of ${bytes} bytes.`,
      'Give whole tensors.',
    );
  }
  const integers = (count * length * bits) / 8;
  const scales = dtype === 'q4_k' ? 20 : bytes - (length * bits) / 8;
  const packed = new Uint8Array(Math.ceil((integers + count * scales) / 16) * 16);
  for (let block = 0; block < count; block++) {
    const from = raw.subarray(block * bytes, (block + 1) * bytes);
    const to = packed.subarray((block * length * bits) / 8);
    if (dtype === 'q4_k') {
      packed.set(groupScales(from), integers + block * scales);
      // Of each 32 bytes the low halves are 32 numbers, the high halves the next.
      for (let half = 0; half < 8; half++) {
        const at = 16 + 32 * (half >> 1);
        for (let i = 0; i < 16; i++) {
          const [low, high] = [from[at + 2 * i]!, from[at + 2 * i + 1]!];
          to[half * 16 + i] = half % 2 ? (low >> 4) | (high & 240) : (low & 15) | (high << 4);
        }
      }
      continue;
    }
    packed.set(from.subarray(0, scales), integers + block * scales);
    if (bits === 8) {
      to.set(from.subarray(scales));
      continue;
    }
    // The low halves are numbers 0 to 15, the high halves 16 to 31.
    for (let i = 0; i < 8; i++) {
      const [low, high] = [from[scales + 2 * i]!, from[scales + 2 * i + 1]!];
      to[i] = (low & 15) | (high << 4);
      to[i + 8] = (low >> 4) | (high & 240);
    }
  }
  return new Uint32Array(packed.buffer);
}

/** d and e of a q4_k block as they are, and its eight pairs of six-bit scales, a byte each. */
function groupScales(block: Uint8Array): Uint8Array {
  const found = new Uint8Array(20);
  found.set(block.subarray(0, 4));
  const six = block.subarray(4, 16);
  for (let group = 0; group < 4; group++) {
    found[4 + 2 * group] = six[group]! & 63;
    found[5 + 2 * group] = six[group + 4]! & 63;
    found[12 + 2 * group] = (six[group + 8]! & 15) | ((six[group]! >> 6) << 4);
    found[13 + 2 * group] = (six[group + 8]! >> 4) | ((six[group + 4]! >> 6) << 4);
  }
  return found;
}
