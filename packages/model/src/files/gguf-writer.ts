import { AttuneError } from '@attune/gpu';
import {
  type GgmlType,
  type GgufMetadata,
  type GgufScalarType,
  type GgufValue,
  type GgufValueType,
  ggmlType,
  VALUE_BYTES,
  VALUE_TYPES,
} from './gguf-types.ts';
import { elements } from './weights.ts';

/** What a tensor is, without its bytes. */
export interface GgufTensorSpec {
  /** The file's own name, such as blk.0.attn_q.weight. */
  name: string;
  /** A ggml type by name: F32, F16, BF16, Q8_0, or any other whose blocks are at hand. */
  type: string;
  /** Row-major; the writer reverses it. */
  shape: readonly number[];
}

export interface GgufTensorData extends GgufTensorSpec {
  data: Uint8Array;
}

/** A tensor whose bytes are made when the writer gets to it. */
export interface LazyGgufTensor extends GgufTensorSpec {
  data: () => Promise<Uint8Array>;
}

const ALIGNMENT = 32;
const VERSION = 3;
const encoder = new TextEncoder();

/** Metadata values by what they are, for writing a file's metadata down. */
export const ggufValue = {
  string: (value: string): GgufValue => ({ type: 'string', value }),
  uint32: (value: number): GgufValue => ({ type: 'uint32', value }),
  float32: (value: number): GgufValue => ({ type: 'float32', value }),
  bool: (value: boolean): GgufValue => ({ type: 'bool', value }),
  strings: (value: readonly string[]): GgufValue => ({ type: 'array', of: 'string', value }),
  int32s: (value: ArrayLike<number>): GgufValue => ({ type: 'array', of: 'int32', value }),
  float32s: (value: ArrayLike<number>): GgufValue => ({ type: 'array', of: 'float32', value }),
};

/**
 * A GGUF file (version 3, aligned to 32) in memory.
 * @throws AttuneError `invalid-tensor`, `invalid-metadata`
 */
export function writeGguf(
  metadata: GgufMetadata,
  tensors: readonly GgufTensorData[],
): Uint8Array<ArrayBuffer> {
  const { start, bytes } = layoutGguf(metadata, tensors);
  const file = new Uint8Array(start.length + bytes);
  file.set(start);
  let at = start.length;
  for (const tensor of tensors) {
    checkLength(tensor, tensor.data);
    file.set(tensor.data, at);
    at += pad(tensor.data.length);
  }
  return file;
}

/**
 * A GGUF file piece by piece, each tensor made when its turn comes. In Node:
 * `writeFile(path, streamGguf(metadata, tensors))`.
 * @throws AttuneError `invalid-tensor`, `invalid-metadata`, and whatever a tensor's `data()` throws
 */
export async function* streamGguf(
  metadata: GgufMetadata,
  tensors: readonly LazyGgufTensor[],
): AsyncGenerator<Uint8Array, void, undefined> {
  yield layoutGguf(metadata, tensors).start;
  for (const tensor of tensors) {
    const data = await tensor.data();
    checkLength(tensor, data);
    yield data;
    const gap = pad(data.length) - data.length;
    if (gap > 0) yield new Uint8Array(gap);
  }
}

/** Everything before the tensors' bytes, and how many of those follow. */
function layoutGguf(metadata: GgufMetadata, tensors: readonly GgufTensorSpec[]) {
  const out = new Bytes();
  out.text('GGUF', false);
  out.u32(VERSION);
  out.u64(tensors.length);
  out.u64(metadata.size);
  for (const [key, value] of metadata) {
    if (key === 'general.alignment') throw invalidMetadata(key, 'is set by the writer');
    out.text(key);
    out.u32(VALUE_TYPES.indexOf(value.type));
    if (value.type === 'array') writeArray(out, key, value.of, value.value);
    else out.scalar(key, value.type, value.value);
  }
  const seen = new Set<string>();
  let offset = 0;
  for (const tensor of tensors) {
    const type = checkSpec(tensor, seen);
    out.text(tensor.name);
    out.u32(tensor.shape.length);
    for (const n of [...tensor.shape].reverse()) out.u64(n);
    out.u32(type.id);
    out.u64(offset);
    offset += pad(bytesOf(tensor, type));
  }
  return { start: out.finish(), bytes: offset };
}

function writeArray(out: Bytes, key: string, of: GgufValueType, items: ArrayLike<unknown>): void {
  if (of === 'array')
    throw invalidMetadata(key, 'is a list of lists, which llama.cpp does not read');
  out.u32(VALUE_TYPES.indexOf(of));
  out.u64(items.length);
  for (let i = 0; i < items.length; i++) out.scalar(key, of, items[i]);
}

function checkSpec(tensor: GgufTensorSpec, seen: Set<string>): GgmlType {
  const { name, shape } = tensor;
  const type = ggmlType(tensor.type);
  const nameBytes = encoder.encode(name).length;
  const good =
    type !== undefined &&
    nameBytes > 0 &&
    nameBytes < 64 &&
    !seen.has(name) &&
    shape.length <= 4 &&
    shape.every((n) => Number.isInteger(n) && n > 0) &&
    (shape.at(-1) ?? 1) % type.block === 0;
  seen.add(name);
  if (good) return type;
  throw new AttuneError(
    'invalid-tensor',
    `Tensor ${name} of type ${tensor.type} and shape [${shape.join(', ')}] cannot be written to GGUF.`,
    'Names must be unique and below 64 bytes; shapes have up to 4 dimensions and rows that fill whole blocks.',
  );
}

function bytesOf(tensor: GgufTensorSpec, type: GgmlType): number {
  return (elements(tensor.shape) / type.block) * type.bytes;
}

function checkLength(tensor: GgufTensorSpec, data: Uint8Array): void {
  const expected = bytesOf(tensor, ggmlType(tensor.type)!);
  if (data.length === expected) return;
  throw new AttuneError(
    'invalid-tensor',
    `Tensor ${tensor.name} of shape [${tensor.shape.join(', ')}] and type ${tensor.type} needs ${expected} bytes, ${data.length} were given.`,
    'Give data of the shape that is written.',
  );
}

function pad(n: number): number {
  return Math.ceil(n / ALIGNMENT) * ALIGNMENT;
}

function invalidMetadata(key: string, what: string): AttuneError {
  return new AttuneError('invalid-metadata', `The metadata key ${key} ${what}.`, 'Correct it.');
}

/** A little-endian buffer that grows. */
class Bytes {
  private bytes = new Uint8Array(1 << 16);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  private room(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, at));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }

  u32(value: number): void {
    const at = this.room(4);
    this.view.setUint32(at, value, true);
  }

  u64(value: number | bigint): void {
    const at = this.room(8);
    this.view.setBigUint64(at, BigInt(value), true);
  }

  text(value: string, counted = true): void {
    const encoded = encoder.encode(value);
    if (counted) this.u64(encoded.length);
    const at = this.room(encoded.length);
    this.bytes.set(encoded, at);
  }

  scalar(key: string, type: GgufScalarType, value: unknown): void {
    if (type === 'string') {
      if (typeof value !== 'string') throw invalidMetadata(key, `is not a string`);
      this.text(value);
      return;
    }
    const numeric = typeof value === 'number' || typeof value === 'bigint';
    if (type === 'bool' ? typeof value !== 'boolean' : !numeric) {
      throw invalidMetadata(key, `is ${String(value).slice(0, 40)}, not of type ${type}`);
    }
    const at = this.room(VALUE_BYTES[type]);
    if (type === 'uint64' || type === 'int64') {
      this.view.setBigInt64(at, BigInt(value as number | bigint), true);
    } else if (type === 'float32') this.view.setFloat32(at, Number(value), true);
    else if (type === 'float64') this.view.setFloat64(at, Number(value), true);
    else if (VALUE_BYTES[type] === 1) this.view.setUint8(at, Number(value));
    else if (VALUE_BYTES[type] === 2) this.view.setUint16(at, Number(value), true);
    else this.view.setUint32(at, Number(value), true);
  }

  /** What was written, padded to the start of the tensors. */
  finish(): Uint8Array<ArrayBuffer> {
    this.room(pad(this.length) - this.length);
    return this.bytes.slice(0, this.length);
  }
}
