/**
 * Half-precision and bfloat16 numbers to float32 and back. Every conversion to float32 is exact;
 * the way back rounds to nearest, ties to even, as hardware and PyTorch do.
 */

let halves: Uint32Array<ArrayBuffer> | undefined;

/** The float32 bit pattern of each of the 65,536 half-precision patterns (256 KiB, made once). */
export function halfTable(): Uint32Array<ArrayBuffer> {
  if (halves !== undefined) return halves;
  const table = new Uint32Array(65536);
  for (let h = 0; h < 65536; h++) {
    const sign = (h & 0x8000) << 16;
    const exponent = (h >> 10) & 31;
    const fraction = h & 0x3ff;
    if (exponent === 31) table[h] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent !== 0) table[h] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else if (fraction === 0) table[h] = sign;
    else {
      // A subnormal half is a normal float32: move the leading bit to the hidden place.
      const shift = Math.clz32(fraction) - 21;
      table[h] = sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
    }
  }
  halves = table;
  return table;
}

let halfFloats: Float32Array | undefined;

/** The half-precision number at two bytes of `bytes`. */
export function halfAt(bytes: Uint8Array, at: number): number {
  halfFloats ??= new Float32Array(halfTable().buffer);
  return halfFloats[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

/** Numbers that a file stores one by one: bytes each, and how `count` of them become float32. */
export interface FloatFormat {
  readonly bytes: number;
  decode(from: Uint8Array, to: Float32Array): void;
}

function aligned(from: Uint8Array, unit: number): Uint8Array {
  return from.byteOffset % unit === 0 ? from : from.slice();
}

export const FLOAT_FORMATS: Readonly<Record<'F32' | 'F16' | 'BF16', FloatFormat>> = {
  F32: {
    bytes: 4,
    decode(from, to) {
      new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(from);
    },
  },
  F16: {
    bytes: 2,
    decode(from, to) {
      const bytes = aligned(from, 2);
      const input = new Uint16Array(bytes.buffer, bytes.byteOffset, to.length);
      const bits = new Uint32Array(to.buffer, to.byteOffset, to.length);
      const table = halfTable();
      for (let i = 0; i < bits.length; i++) bits[i] = table[input[i]!]!;
    },
  },
  BF16: {
    bytes: 2,
    decode(from, to) {
      const bytes = aligned(from, 2);
      const input = new Uint16Array(bytes.buffer, bytes.byteOffset, to.length);
      const bits = new Uint32Array(to.buffer, to.byteOffset, to.length);
      for (let i = 0; i < bits.length; i++) bits[i] = input[i]! << 16;
    },
  },
};

/** The nearest half-precision patterns; beyond 65504 + half a step they are infinite. */
export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = halfFromBits(bits[i]!);
  return out;
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The nearest half-precision pattern of one number. */
export function halfBits(value: number): number {
  scratch[0] = value;
  return halfFromBits(scratchBits[0]!);
}

function halfFromBits(x: number): number {
  const sign = (x >>> 16) & 0x8000;
  const magnitude = x & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // Adding just under half a step, and one more for odd results, carries exactly where ties go to even.
    return sign | ((magnitude + 0xfff + ((magnitude >> 13) & 1) - 0x38000000) >>> 13);
  }
  if (magnitude < 0x33000000) return sign;
  const exponent = magnitude >>> 23;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - exponent;
  const rest = fraction & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  const kept = fraction >>> shift;
  return sign | (kept + (rest > tie || (rest === tie && (kept & 1) === 1) ? 1 : 0));
}

/** The nearest bfloat16 patterns. */
export function toBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const x = bits[i]!;
    out[i] =
      (x & 0x7fffffff) > 0x7f800000 ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
  return out;
}

/** float32 values as the little-endian bytes of a safetensors or GGUF dtype. */
export function encodeFloats(
  values: Float32Array,
  dtype: 'F32' | 'F16' | 'BF16',
): Uint8Array<ArrayBuffer> {
  if (dtype === 'F32') {
    const copy = new Uint8Array(values.byteLength);
    copy.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return copy;
  }
  return new Uint8Array((dtype === 'F16' ? toFloat16(values) : toBfloat16(values)).buffer);
}
