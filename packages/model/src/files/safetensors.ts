import { AttuneError } from '@attune/gpu';
import { type ByteSource, bytesFromMemory } from './bytes.ts';
import { FLOAT_FORMATS } from './floats.ts';
import {
  invalidSafetensors,
  LARGEST_HEADER,
  parseSafetensorsHeader,
  type SafetensorsTensor,
} from './safetensors-header.ts';
import { elements, readFloats, unknownTensor, type WeightSource } from './weights.ts';

/** One safetensors file: its tensors, read on demand, and the strings in its header. */
export interface SafetensorsFile extends WeightSource {
  /** The file's name. */
  readonly name: string;
  readonly metadata: Record<string, string>;
}

/**
 * Opens a safetensors file: reads and checks the header, as strictly as the reference parser, and
 * leaves the tensors where they are. `float32` takes F32, F16 and BF16; `raw` takes every dtype.
 *
 * @throws AttuneError `file-truncated`, `invalid-safetensors`, `unknown-dtype`
 * @example const file = await readSafetensors(bytesFromBlob(blob)); const w = await file.float32('lm_head.weight');
 */
export async function readSafetensors(input: ByteSource | Uint8Array): Promise<SafetensorsFile> {
  const source = input instanceof Uint8Array ? bytesFromMemory(input) : input;
  const headerBytes = await headerLength(source);
  const dataStart = 8 + headerBytes;
  const { metadata, tensors } = parseSafetensorsHeader(
    await source.read(8, headerBytes),
    source.size - dataStart,
    source.name,
  );
  const find = (name: string): SafetensorsTensor => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw unknownTensor(name, source.name, tensors.keys());
    return tensor;
  };
  const float32Rows = async (name: string, first: number, count: number) => {
    const { shape, dtype, begin, end } = find(name);
    const format = FLOAT_FORMATS[dtype as keyof typeof FLOAT_FORMATS];
    if (format === undefined) throw unsupportedDtype(name, dtype, source.name);
    const rows = shape[0] ?? 1;
    const start = dataStart + begin + first * ((end - begin) / rows);
    return readFloats(source, start, count * (elements(shape) / rows), { block: 1, ...format });
  };
  return {
    name: source.name,
    metadata,
    names: () => [...tensors.keys()],
    has: (name) => tensors.has(name),
    info(name) {
      const { shape, dtype, begin, end } = find(name);
      return { shape: [...shape], dtype, bytes: end - begin };
    },
    float32: async (name) => float32Rows(name, 0, find(name).shape[0] ?? 1),
    async raw(name) {
      const { begin, end } = find(name);
      return source.read(dataStart + begin, end - begin);
    },
    float32Rows,
    async rawRows(name, first, count) {
      const { shape, begin, end } = find(name);
      const row = (end - begin) / shape[0]!;
      return source.read(dataStart + begin + first * row, count * row);
    },
  };
}

async function headerLength(source: ByteSource): Promise<number> {
  if (source.size < 8) {
    throw new AttuneError(
      'file-truncated',
      `${source.name} has ${source.size} bytes; a safetensors file has at least 8.`,
      'The file is cut short: download it again.',
    );
  }
  const start = await source.read(0, 8);
  const view = new DataView(start.buffer);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > LARGEST_HEADER) {
    throw invalidSafetensors(
      source.name,
      `its header claims ${length} bytes, more than the ${LARGEST_HEADER} the format allows (is it a safetensors file?)`,
    );
  }
  if (8 + length > source.size) {
    throw new AttuneError(
      'file-truncated',
      `${source.name} has ${source.size} bytes; its header alone claims ${8 + length}.`,
      'The file is cut short: download it again.',
    );
  }
  return length;
}

/** The error for weights that are there but cannot become float32 here. */
export function unsupportedDtype(tensor: string, dtype: string, file: string): AttuneError {
  return new AttuneError(
    'unsupported-dtype',
    `${file}: tensor ${tensor} is stored as ${dtype}; weights can be F32, F16 or BF16 in safetensors, and F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K to Q6_K, IQ4_NL or IQ4_XS in GGUF.`,
    'Use a copy of the model in one of these types.',
  );
}
