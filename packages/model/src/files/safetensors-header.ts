import { AttuneError } from '@attune/gpu';
import { JsonFault, parseStrictJson, type StrictJson } from './strict-json.ts';
import { elements } from './weights.ts';

/** Bits of one element, for every dtype that the reference knows. Some are below a byte. */
export const SAFETENSORS_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** A safetensors element type, by the file's own word; the order above is the writer's. */
export type SafetensorsDtype = keyof typeof SAFETENSORS_BITS;

/** Where a tensor lies: `begin` and `end` count from the first byte after the header. */
export interface SafetensorsTensor {
  dtype: SafetensorsDtype;
  shape: number[];
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  metadata: Record<string, string>;
  /** By offset in the file. */
  tensors: Map<string, SafetensorsTensor>;
}

/** The reference's cap on the header, in bytes. */
export const LARGEST_HEADER = 100_000_000;

const REMEDY = 'The file is damaged or was made to mislead: download it again from its source.';

export function invalidSafetensors(file: string, what: string): AttuneError {
  return new AttuneError('invalid-safetensors', `${file}: ${what}.`, REMEDY);
}

/**
 * Checks a header as the reference parser does: a JSON object without duplicate keys; every tensor of a
 * known dtype with whole dimensions; data that starts at 0, is contiguous and ends at `dataBytes`.
 * @throws AttuneError `invalid-safetensors`, `unknown-dtype`
 * @see https://github.com/huggingface/safetensors (README, format)
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  dataBytes: number,
  file: string,
): SafetensorsHeader {
  const fail = (what: string): never => {
    throw invalidSafetensors(file, what);
  };
  const root = json(bytes, file);
  let metadata: Record<string, string> = {};
  const found: [string, SafetensorsTensor][] = [];
  for (const [name, entry] of root) {
    if (name === '__metadata__') metadata = readMetadata(entry, file);
    else found.push([name, readTensor(name, entry, file)]);
  }
  found.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const [name, tensor] of found) {
    if (tensor.begin !== at) {
      fail(
        `tensor ${short(name)} starts at ${tensor.begin}, but the one before it ends at ${at} (${tensor.begin > at ? 'a hole' : 'an overlap'})`,
      );
    }
    at = tensor.end;
  }
  if (at > dataBytes) {
    throw new AttuneError(
      'file-truncated',
      `${file} holds ${dataBytes} bytes of tensors; its header promises ${at}.`,
      'The file is cut short: download it again.',
    );
  }
  if (at < dataBytes) fail(`${dataBytes - at} bytes follow the last tensor`);
  return { metadata, tensors: new Map(found) };
}

function json(bytes: Uint8Array, file: string): Map<string, StrictJson> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidSafetensors(file, 'its header is not UTF-8');
  }
  if (text[0] !== '{') throw invalidSafetensors(file, "its header does not start with '{'");
  try {
    return parseStrictJson(text) as Map<string, StrictJson>;
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    throw invalidSafetensors(file, `its header is not valid JSON: ${fault.message}`);
  }
}

function readMetadata(entry: StrictJson, file: string): Record<string, string> {
  if (!(entry instanceof Map)) throw invalidSafetensors(file, '__metadata__ is not an object');
  for (const [key, value] of entry) {
    if (typeof value !== 'string') {
      throw invalidSafetensors(file, `__metadata__ ${short(key)} is not a string`);
    }
  }
  return Object.fromEntries(entry) as Record<string, string>;
}

function readTensor(name: string, entry: StrictJson, file: string): SafetensorsTensor {
  const fail = (what: string): never => {
    throw invalidSafetensors(file, `tensor ${short(name)} ${what}`);
  };
  if (!(entry instanceof Map)) return fail('is not described by an object');
  const dtype = entry.get('dtype');
  const shape = entry.get('shape');
  const offsets = entry.get('data_offsets');
  if (typeof dtype !== 'string') return fail('has no dtype');
  if (!Object.hasOwn(SAFETENSORS_BITS, dtype)) {
    throw new AttuneError(
      'unknown-dtype',
      `${file}: tensor ${short(name)} has the dtype ${short(dtype)}, which the safetensors format does not define.`,
      REMEDY,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) return fail('has no shape of whole numbers');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail('has no pair of data_offsets');
  }
  const [begin, end] = offsets as [number, number];
  if (end < begin) return fail(`ends at ${end}, before it begins at ${begin}`);
  const bits = elements(shape as number[]) * SAFETENSORS_BITS[dtype as SafetensorsDtype];
  if (!Number.isSafeInteger(bits)) return fail(`has an impossible shape [${shape.join(', ')}]`);
  if (bits % 8 !== 0) return fail('does not fill its last byte');
  if (bits / 8 !== end - begin) {
    return fail(
      `of shape [${shape.join(', ')}] and dtype ${dtype} needs ${bits / 8} bytes, its offsets give ${end - begin}`,
    );
  }
  return { dtype: dtype as SafetensorsDtype, shape: shape as number[], begin, end };
}

function isSize(value: StrictJson): boolean {
  return typeof value === 'number' && value >= 0;
}

/** A name for a message: quoted, and not a megabyte long. */
function short(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
