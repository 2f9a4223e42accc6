import { AttuneError } from '@attune/gpu';
import { type ByteSource, bytesFromMemory } from './bytes.ts';
import { ggmlDecoder } from './dequantise.ts';
import { GgufCursor, invalidGguf, NeedsMore } from './gguf-cursor.ts';
import { readMetadata, short } from './gguf-metadata.ts';
import { type GgmlType, type GgufMetadata, ggmlType } from './gguf-types.ts';
import { unsupportedDtype } from './safetensors.ts';
import { elements, readFloats, unknownTensor, type WeightSource } from './weights.ts';

/** A tensor of a GGUF file; `shape` is row-major (the file's dimensions reversed). */
export interface GgufTensor {
  name: string;
  type: GgmlType;
  shape: number[];
  /** From the start of the file. */
  offset: number;
  bytes: number;
}

/** A GGUF file: its metadata, and its tensors under its own names, read on demand. */
export interface GgufFile extends WeightSource {
  readonly name: string;
  readonly version: number;
  readonly alignment: number;
  readonly metadata: GgufMetadata;
  tensor(name: string): GgufTensor;
}

const MAGIC = 0x46554747;
/** Bytes read at first: most headers without a vocabulary fit. */
const FIRST_READ = 1 << 21;
/** Vocabularies and merges of the largest tokenizers take 20 MB. */
const LARGEST_HEADER = 1 << 28;
/** llama.cpp's own bounds. */
const MOST_DIMENSIONS = 4;
const LONGEST_NAME = 63;
const LARGEST_ALIGNMENT = 65536;
/** A name's length, a count of dimensions, one dimension, a type and an offset. */
const LEAST_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;
/** Two lengths and a type. */
const LEAST_KEY_BYTES = 8 + 4 + 1;

/**
 * Opens a GGUF file, version 2 or 3, little-endian: reads metadata and tensor descriptions and checks them as
 * llama.cpp does (counts and lengths within the file, names once, offsets aligned, in order, without holes,
 * within the file) before anything is allocated for them.
 *
 * @throws AttuneError `invalid-gguf`, `file-truncated`, `unsupported-gguf`
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function readGguf(input: ByteSource | Uint8Array): Promise<GgufFile> {
  const source = input instanceof Uint8Array ? bytesFromMemory(input) : input;
  for (let want = FIRST_READ; ; ) {
    if (want > LARGEST_HEADER) {
      throw invalidGguf(source.name, `its header is longer than ${LARGEST_HEADER} bytes`);
    }
    const bytes = await source.read(0, Math.min(want, source.size));
    try {
      return open(source, new GgufCursor(bytes, source.size, source.name));
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error;
      want = Math.max(want * 2, error.bytes);
    }
  }
}

function open(source: ByteSource, cursor: GgufCursor): GgufFile {
  const magic = cursor.u32('the magic');
  if (magic !== MAGIC) throw invalidGguf(source.name, 'it does not start with "GGUF"');
  const version = cursor.u32('the version');
  if (version !== 2 && version !== 3) {
    const why =
      (version & 0xffff) === 0 && version !== 0
        ? 'is big-endian'
        : `has version ${version}; 2 and 3 are read`;
    throw new AttuneError(
      'unsupported-gguf',
      `${source.name} ${why}.`,
      'Convert the model again with a current llama.cpp.',
    );
  }
  const tensorCount = cursor.size64('the count of tensors');
  const keyCount = cursor.size64('the count of keys');
  const least = tensorCount * LEAST_TENSOR_BYTES + keyCount * LEAST_KEY_BYTES;
  if (least > source.size - cursor.at) {
    throw invalidGguf(
      source.name,
      `it claims ${tensorCount} tensors and ${keyCount} keys, which do not fit in ${source.size} bytes`,
    );
  }
  const metadata = readMetadata(cursor, keyCount);
  const alignment = readAlignment(metadata, source.name);
  const tensors = new Map<string, GgufTensor>();
  for (let i = 0; i < tensorCount; i++) {
    const tensor = readTensor(cursor, i);
    if (tensors.has(tensor.name)) {
      throw invalidGguf(source.name, `the tensor ${short(tensor.name)} stands twice`);
    }
    tensors.set(tensor.name, tensor);
  }
  placeTensors(tensors, cursor, alignment);
  return fileOf(source, { version, alignment, metadata }, tensors);
}

function readAlignment(metadata: GgufMetadata, file: string): number {
  const given = metadata.get('general.alignment');
  if (given === undefined) return 32;
  const { type, value } = given;
  const n = value as number;
  if (type === 'uint32' && n > 0 && n <= LARGEST_ALIGNMENT && (n & (n - 1)) === 0) return n;
  throw invalidGguf(file, `general.alignment is ${String(value).slice(0, 40)} (${type})`);
}

/** One description; its offset still counts from the start of the data. */
function readTensor(cursor: GgufCursor, index: number): GgufTensor {
  const name = cursor.string(`the name of tensor ${index}`);
  const fail = (what: string): never => {
    throw invalidGguf(cursor.file, `tensor ${short(name)} ${what}`);
  };
  if (name === '' || new TextEncoder().encode(name).length > LONGEST_NAME) {
    return fail(`has a name of ${name.length} characters; 1 to ${LONGEST_NAME} bytes are allowed`);
  }
  const dimensions = cursor.u32('a count of dimensions');
  if (dimensions > MOST_DIMENSIONS) {
    return fail(`has ${dimensions} dimensions; at most ${MOST_DIMENSIONS} are allowed`);
  }
  const shape: number[] = [];
  for (let d = 0; d < dimensions; d++) shape.unshift(cursor.size64('a dimension'));
  const typeId = cursor.u32('a tensor type');
  const type = ggmlType(typeId);
  const offset = cursor.size64('a tensor offset');
  if (type === undefined) return fail(`has the unknown type ${typeId}`);
  const count = elements(shape);
  if (count === 0 || !Number.isSafeInteger(count * type.bytes)) {
    return fail(`has an impossible shape [${shape.join(', ')}]`);
  }
  if ((shape.at(-1) ?? 1) % type.block !== 0) {
    return fail(
      `has rows of ${shape.at(-1) ?? 1} values, not a multiple of ${type.name}'s ${type.block}`,
    );
  }
  return { name, type, shape, offset, bytes: (count / type.block) * type.bytes };
}

/** Makes offsets absolute, having checked that the tensors lie one after another and end with the file. */
function placeTensors(
  tensors: Map<string, GgufTensor>,
  cursor: GgufCursor,
  alignment: number,
): void {
  const pad = (n: number) => Math.ceil(n / alignment) * alignment;
  const dataStart = pad(cursor.at);
  let next = 0;
  let end = cursor.at;
  for (const tensor of tensors.values()) {
    if (tensor.offset !== next) {
      throw invalidGguf(
        cursor.file,
        `tensor ${short(tensor.name)} lies at offset ${tensor.offset}; after the one before it and aligned to ${alignment} it must be ${next}`,
      );
    }
    tensor.offset += dataStart;
    end = tensor.offset + tensor.bytes;
    if (end > cursor.size) {
      throw new AttuneError(
        'file-truncated',
        `${cursor.file} has ${cursor.size} bytes; its tensor ${tensor.name} ends at ${end}.`,
        'The file is cut short: download it again.',
      );
    }
    next = pad(next + tensor.bytes);
  }
  if (cursor.size > pad(end)) {
    throw invalidGguf(cursor.file, `${cursor.size - end} bytes follow the last tensor`);
  }
}

function fileOf(
  source: ByteSource,
  about: { version: number; alignment: number; metadata: GgufMetadata },
  tensors: Map<string, GgufTensor>,
): GgufFile {
  const find = (name: string): GgufTensor => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw unknownTensor(name, source.name, tensors.keys());
    return tensor;
  };
  const float32Rows = async (name: string, first: number, count: number) => {
    const { shape, type, offset, bytes } = find(name);
    const decoder = ggmlDecoder(type.name);
    if (decoder === undefined) throw unsupportedDtype(name, type.name, source.name);
    const rows = shape[0] ?? 1;
    return readFloats(
      source,
      offset + first * (bytes / rows),
      count * (elements(shape) / rows),
      decoder,
    );
  };
  return {
    name: source.name,
    ...about,
    tensor: find,
    names: () => [...tensors.keys()],
    has: (name) => tensors.has(name),
    info(name) {
      const { shape, type, bytes } = find(name);
      return { shape: [...shape], dtype: type.name, bytes };
    },
    float32: async (name) => float32Rows(name, 0, find(name).shape[0] ?? 1),
    async raw(name) {
      const { offset, bytes } = find(name);
      return source.read(offset, bytes);
    },
    float32Rows,
    async rawRows(name, first, count) {
      const { shape, offset, bytes } = find(name);
      const row = bytes / shape[0]!;
      return source.read(offset + first * row, count * row);
    },
  };
}
