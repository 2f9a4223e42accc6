import { type GgufCursor, invalidGguf } from './gguf-cursor.ts';
import {
  type GgufItems,
  type GgufMetadata,
  type GgufScalarType,
  type GgufValue,
  VALUE_BYTES,
  VALUE_TYPES,
} from './gguf-types.ts';

/** Lists in lists are allowed by the format and used by nobody. */
const DEEPEST_ARRAY = 4;
const LONGEST_KEY = 65535;

/** Reads `count` keys with their values. @throws AttuneError `invalid-gguf`, `file-truncated` */
export function readMetadata(cursor: GgufCursor, count: number): GgufMetadata {
  const metadata: GgufMetadata = new Map();
  for (let i = 0; i < count; i++) {
    const key = cursor.string(`metadata key ${i}`);
    if (key === '' || key.length > LONGEST_KEY) {
      throw invalidGguf(cursor.file, `metadata key ${i} has ${key.length} characters`);
    }
    if (metadata.has(key)) throw invalidGguf(cursor.file, `the key ${short(key)} stands twice`);
    metadata.set(key, readValue(cursor, short(key)));
  }
  return metadata;
}

function readType(cursor: GgufCursor, key: string) {
  const id = cursor.u32(`the type of ${key}`);
  const type = VALUE_TYPES[id];
  if (type === undefined) throw invalidGguf(cursor.file, `${key} has the unknown type ${id}`);
  return type;
}

function readValue(cursor: GgufCursor, key: string): GgufValue {
  const type = readType(cursor, key);
  if (type === 'array') return readArray(cursor, key, 1);
  if (type === 'string') return { type, value: cursor.string(key) };
  return { type, value: readScalars(cursor, type, 1, key)[0]! };
}

function readArray(cursor: GgufCursor, key: string, depth: number): GgufValue & { type: 'array' } {
  if (depth > DEEPEST_ARRAY) {
    throw invalidGguf(cursor.file, `${key} nests lists deeper than ${DEEPEST_ARRAY}`);
  }
  const of = readType(cursor, key);
  const count = cursor.size64(`the count of ${key}`);
  // Before anything is allocated: the file must have the bytes that so many items need at least.
  const start = cursor.at;
  cursor.take(count * VALUE_BYTES[of], `${key}, a list of ${count},`);
  cursor.at = start;
  if (of === 'string') {
    const value = Array.from({ length: count }, (_, i) => cursor.string(`item ${i} of ${key}`));
    return { type: 'array', of, value };
  }
  if (of === 'array') {
    const value = Array.from({ length: count }, () => readArray(cursor, key, depth + 1));
    return { type: 'array', of, value };
  }
  return { type: 'array', of, value: readScalars(cursor, of, count, key) };
}

type Scalars = ArrayLike<number> | ArrayLike<boolean> | ArrayLike<number | bigint>;

function readScalars(
  cursor: GgufCursor,
  type: Exclude<GgufScalarType, 'string'>,
  count: number,
  key: string,
): Scalars & GgufItems {
  const buffer = cursor.copy(count * VALUE_BYTES[type], key);
  switch (type) {
    case 'uint8':
      return new Uint8Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'uint16':
      return new Uint16Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'uint64':
      return Array.from(new BigUint64Array(buffer), small);
    case 'int64':
      return Array.from(new BigInt64Array(buffer), small);
    case 'bool':
      return Array.from(new Uint8Array(buffer), (byte) => {
        if (byte > 1) throw invalidGguf(cursor.file, `${key} is ${byte}, not 0 or 1`);
        return byte === 1;
      });
  }
}

function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function short(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
