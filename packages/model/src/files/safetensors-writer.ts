import { AttuneError } from '@attune/gpu';
import { SAFETENSORS_BITS, type SafetensorsDtype } from './safetensors-header.ts';
import { elements } from './weights.ts';

/** What a tensor is, without its bytes: enough to write the header. */
export interface TensorSpec {
  name: string;
  dtype: SafetensorsDtype;
  shape: readonly number[];
}

/** A tensor to be written. */
export interface TensorData extends TensorSpec {
  /** Little-endian, row-major; exactly as many bytes as shape and dtype need. */
  data: Uint8Array;
}

/** A tensor whose bytes are made when the writer gets to it. */
export interface LazyTensor extends TensorSpec {
  data: () => Promise<Uint8Array>;
}

/** The header's start (length and JSON) and the order in which the tensors' bytes must follow. */
export interface SafetensorsLayout<T extends TensorSpec> {
  start: Uint8Array<ArrayBuffer>;
  tensors: T[];
  /** Of the whole file. */
  bytes: number;
}

const ORDER = Object.keys(SAFETENSORS_BITS);

/** Bytes that shape and dtype ask for. @throws AttuneError `invalid-tensor` */
export function tensorBytes({ name, dtype, shape }: TensorSpec): number {
  const bits = elements(shape) * (SAFETENSORS_BITS[dtype] ?? Number.NaN);
  const whole = shape.every((n) => Number.isInteger(n) && n >= 0);
  if (whole && Number.isSafeInteger(bits) && bits % 8 === 0) return bits / 8;
  throw new AttuneError(
    'invalid-tensor',
    `Tensor ${name} has the dtype ${dtype} and the shape [${shape.join(', ')}], which no file can hold.`,
    'Give a safetensors dtype and whole dimensions.',
  );
}

/**
 * Lays a file out as the reference writer does: widest dtypes first (so that all are aligned), then by
 * name; the header padded with spaces to a multiple of 8.
 * @throws AttuneError `invalid-tensor`
 */
export function layoutSafetensors<T extends TensorSpec>(
  tensors: readonly T[],
  metadata: Record<string, string> = { format: 'pt' },
): SafetensorsLayout<T> {
  const sorted = [...tensors].sort(
    (a, b) => ORDER.indexOf(b.dtype) - ORDER.indexOf(a.dtype) || (a.name < b.name ? -1 : 1),
  );
  const seen = new Set<string>();
  const parts = [`"__metadata__":${JSON.stringify(metadata)}`];
  let at = 0;
  for (const tensor of sorted) {
    const { name, dtype, shape } = tensor;
    if (seen.has(name) || name === '__metadata__' || !(SAFETENSORS_BITS[dtype] > 0)) {
      throw new AttuneError(
        'invalid-tensor',
        `Tensor ${name} (${dtype}) ${seen.has(name) ? 'is given twice' : 'cannot be written to safetensors'}.`,
        'Give every tensor its own name and a safetensors dtype.',
      );
    }
    seen.add(name);
    const end = at + tensorBytes(tensor);
    parts.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${at},${end}]}`,
    );
    at = end;
  }
  const json = new TextEncoder().encode(`{${parts.join(',')}}`);
  const header = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(8 + header).fill(0x20, 8);
  new DataView(start.buffer).setUint32(0, header, true);
  start.set(json, 8);
  return { start, tensors: sorted, bytes: start.length + at };
}

/**
 * A safetensors file in memory.
 * @throws AttuneError `invalid-tensor` when a name stands twice or the bytes do not fit the shape
 */
export function writeSafetensors(
  tensors: readonly TensorData[],
  metadata?: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const layout = layoutSafetensors(tensors, metadata);
  const file = new Uint8Array(layout.bytes);
  file.set(layout.start);
  let at = layout.start.length;
  for (const tensor of layout.tensors) {
    checkLength(tensor, tensor.data);
    file.set(tensor.data, at);
    at += tensor.data.length;
  }
  return file;
}

/**
 * A safetensors file piece by piece: the header, then each tensor, made only when its turn comes, so a
 * model is written without being held. In Node: `writeFile(path, streamSafetensors(tensors))`.
 * @throws AttuneError `invalid-tensor`, and whatever a tensor's `data()` throws
 */
export async function* streamSafetensors(
  tensors: readonly LazyTensor[],
  metadata?: Record<string, string>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const layout = layoutSafetensors(tensors, metadata);
  yield layout.start;
  for (const tensor of layout.tensors) {
    const data = await tensor.data();
    checkLength(tensor, data);
    if (data.length > 0) yield data;
  }
}

function checkLength(tensor: TensorSpec, data: Uint8Array): void {
  const expected = tensorBytes(tensor);
  if (data.length === expected) return;
  throw new AttuneError(
    'invalid-tensor',
    `Tensor ${tensor.name} of shape [${tensor.shape.join(', ')}] and dtype ${tensor.dtype} needs ${expected} bytes, ${data.length} were given.`,
    'Give data of the shape that is written.',
  );
}
