/** Safetensors files of 32-bit and 16-bit floats, as small as these scripts need them. */

/** The nearest 16-bit float, ties to even. */
export function toHalf(value) {
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = bits & 0x7fffff;
  if (exponent >= 31) return sign | (exponent === 143 && mantissa ? 0x7e00 : 0x7c00);
  if (exponent < -10) return sign;
  const full = exponent > 0 ? (exponent << 23) | mantissa : (mantissa | 0x800000) >>> 0;
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const half = Math.floor(full / 2 ** shift);
  const rest = full - half * 2 ** shift;
  const middle = 2 ** (shift - 1);
  return sign | (half + (rest > middle || (rest === middle && half & 1) ? 1 : 0));
}
const view = new DataView(new ArrayBuffer(4));

export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + mantissa / 1024) : 2 ** -14 * (mantissa / 1024));
}

/** @param {Map<string, {shape: number[], data: Float32Array}>} tensors  @param {'F32'|'F16'} dtype */
export function writeSafetensors(tensors, dtype) {
  const header = { __metadata__: { format: 'pt' } };
  const width = dtype === 'F16' ? 2 : 4;
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.length * width] };
    offset += data.length * width;
  }
  let text = JSON.stringify(header);
  text += ' '.repeat((8 - (text.length % 8)) % 8);
  const out = new Uint8Array(8 + text.length + offset);
  const bytes = new DataView(out.buffer);
  bytes.setBigUint64(0, BigInt(text.length), true);
  out.set(new TextEncoder().encode(text), 8);
  let at = 8 + text.length;
  for (const { data } of tensors.values()) {
    for (const value of data) {
      if (width === 2) bytes.setUint16(at, toHalf(value), true);
      else bytes.setFloat32(at, value, true);
      at += width;
    }
  }
  return out;
}

/** Map of name to { shape, data }. */
export function readSafetensors(file) {
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 8 + Number(bytes.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, start)));
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets: [from, to] = [] }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const width = { F16: 2, F32: 4 }[dtype];
    if (!width) throw new Error(`${name} has dtype ${dtype}: F16 or F32 expected`);
    const data = Float32Array.from({ length: (to - from) / width }, (_, i) => {
      const at = start + from + i * width;
      return width === 2 ? fromHalf(bytes.getUint16(at, true)) : bytes.getFloat32(at, true);
    });
    tensors.set(name, { shape, data });
  }
  return tensors;
}
