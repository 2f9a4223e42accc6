import { AttuneError, nearest } from '@attune/gpu';
import type { ByteSource } from './bytes.ts';

/** A tensor as a file holds it. `shape` is row-major: [out, in] for a projection. */
export interface TensorInfo {
  shape: number[];
  /** The file's word: F32, F16, BF16, I64, ... or a GGUF block type such as Q4_K. */
  dtype: string;
  /** Bytes in the file. */
  bytes: number;
  /** `raw` gives the matrix the other way round: rows of the file are columns of `shape` (GPT-2 in GGUF). */
  rawTransposed?: boolean;
}

/** Weights by Hugging Face name and in Hugging Face layout, whatever file holds them; read on demand. */
export interface WeightSource {
  names(): string[];
  has(name: string): boolean;
  /** @throws AttuneError `unknown-tensor` */
  info(name: string): TensorInfo;
  /** Dequantised or widened. @throws AttuneError `unknown-tensor`, `unsupported-dtype`, `file-truncated` */
  float32(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** As stored: little-endian numbers, or rows of quantised blocks. */
  raw(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * `count` rows of a matrix from row `first` on, as `float32` and `raw` give them, without the rest being read. A
   * source without this is read whole.
   */
  float32Rows?(name: string, first: number, count: number): Promise<Float32Array<ArrayBuffer>>;
  rawRows?(name: string, first: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Rows of a matrix as float32. */
export async function float32Rows(
  weights: WeightSource,
  name: string,
  first: number,
  count: number,
): Promise<Float32Array<ArrayBuffer>> {
  if (weights.float32Rows) return weights.float32Rows(name, first, count);
  const whole = await weights.float32(name);
  const width = whole.length / weights.info(name).shape[0]!;
  return whole.subarray(first * width, (first + count) * width);
}

/** Rows of a matrix as the file has them. */
export async function rawRows(
  weights: WeightSource,
  name: string,
  first: number,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (weights.rawRows) return weights.rawRows(name, first, count);
  const whole = await weights.raw(name);
  const row = whole.length / weights.info(name).shape[0]!;
  return whole.subarray(first * row, (first + count) * row);
}

/** The error of `info`, `float32` and `raw` for a name that is not there. */
export function unknownTensor(name: string, file: string, known: Iterable<string>): AttuneError {
  const near = nearest(name, known);
  return new AttuneError(
    'unknown-tensor',
    `${file} has no tensor ${name}.`,
    near === undefined ? 'Check the name.' : `Did you mean ${near}?`,
  );
}

/** Elements of a shape; throws nothing, so a hostile shape gives a number beyond 2^53. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** A matrix [rows, columns] turned into [columns, rows]. */
export function transposed<T extends Float32Array | Uint16Array>(
  values: T,
  rows: number,
  columns: number,
): T {
  const out = values.slice() as T;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[column * rows + row] = values[row * columns + column]!;
    }
  }
  return out;
}

/** How a stored type becomes float32: `bytes` for each `block` values. */
export interface Decoder {
  block: number;
  bytes: number;
  decode(from: Uint8Array, to: Float32Array): void;
}

/** Pieces small enough that a big table never lies in memory twice. */
const PIECE_BYTES = 16 * 1024 * 1024;

/** `count` values from `offset` on, read and decoded piece by piece. */
export async function readFloats(
  source: ByteSource,
  offset: number,
  count: number,
  decoder: Decoder,
): Promise<Float32Array<ArrayBuffer>> {
  const out = allocate(count, source.name);
  const step = Math.max(1, Math.floor(PIECE_BYTES / decoder.bytes)) * decoder.block;
  for (let first = 0; first < count; first += step) {
    const values = Math.min(step, count - first);
    const piece = await source.read(
      offset + (first / decoder.block) * decoder.bytes,
      (values / decoder.block) * decoder.bytes,
    );
    decoder.decode(piece, out.subarray(first, first + values));
  }
  return out;
}

function allocate(count: number, name: string): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(count);
  } catch (cause) {
    throw new AttuneError(
      'out-of-memory',
      `A tensor of ${name} needs ${count * 4} bytes as float32; this machine does not give that much at once.`,
      'Use a smaller model, or close other programs or tabs.',
      { cause },
    );
  }
}
