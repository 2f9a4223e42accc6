import type { Batch } from '@uwdata/flechette';
import { printable } from './printable.ts';

/** A kind of column that is not read; the message says which. */
export class UnsupportedArrow extends Error {}

/** The insides of the decoder's batches, as far as they are checked. */
interface Inside {
  length: number;
  nullCount: number;
  type: { typeId: number; stride?: number };
  validity?: Uint8Array;
  values?: ArrayLike<unknown>;
  offsets?: ArrayLike<number | bigint>;
  children?: Inside[];
  data?: Uint8Array[];
  dictionary?: { length: number; data: readonly Inside[] };
}

/** Arrow's numbers of the types that are read, and how their values lie. */
const plain = [2, 3, 7, 8, 9, 10, 18];
const kinds: Record<number, string> = {
  [-1]: 'dictionary',
  1: 'null',
  4: 'bytes',
  5: 'bytes',
  6: 'bits',
  12: 'list',
  13: 'struct',
  15: 'fixed-bytes',
  16: 'fixed-list',
  17: 'list',
  19: 'bytes',
  20: 'bytes',
  21: 'list',
  23: 'views',
  24: 'views',
};
const unread: Record<number, string> = {
  11: 'intervals',
  14: 'unions',
  22: 'run-end encoding',
  25: 'list views',
  26: 'list views',
};

/** Refuses a kind of column that is not read. @throws UnsupportedArrow */
export function unreadKind(typeId: number, column: string): void {
  if (plain.includes(typeId) || kinds[typeId]) return;
  const what = unread[typeId] ?? `values of the kind ${typeId}`;
  throw new UnsupportedArrow(`${what} in the column ${printable(column)}`);
}

/**
 * Checks that the values of a batch lie within its buffers, so that a damaged offset neither runs for
 * ever nor gives what belongs to another column.
 *
 * @throws Error with what is wrong, UnsupportedArrow
 */
export function checkArrowBatch(batch: Batch<unknown>, column: string): void {
  check(batch as unknown as Inside, `the column ${printable(column)}`);
}

function check(batch: Inside, where: string): void {
  const { length, nullCount, type, validity, values, offsets, children = [], dictionary } = batch;
  const fail = (what: string): never => {
    throw new Error(`${where} ${what}`);
  };
  if (!(Number.isSafeInteger(length) && length >= 0)) fail(`has ${length} values`);
  if (nullCount > 0 && validity && validity.length * 8 < length && type.typeId !== 1) {
    fail(`has ${validity.length} bytes for ${length} values that may be null`);
  }
  const hold = (count: number): void => {
    const there = values?.length ?? 0;
    if (there < count) fail(`has room for ${there} values and claims ${count}`);
  };
  const { typeId, stride = 1 } = type;
  switch (plain.includes(typeId) ? 'plain' : kinds[typeId]) {
    case 'null':
      break;
    case 'plain':
      hold(length);
      break;
    case 'bits':
      hold(Math.ceil(length / 8));
      break;
    case 'bytes':
      checkOffsets(offsets, length, values?.length ?? 0, fail);
      break;
    case 'fixed-bytes':
      hold(length * stride);
      break;
    case 'views':
      checkViews(values as Uint8Array, batch.data ?? [], length, fail);
      break;
    case 'list':
      checkOffsets(offsets, length, children[0]?.length ?? 0, fail);
      break;
    case 'fixed-list':
      if ((children[0]?.length ?? 0) < length * stride)
        fail(`has lists of ${stride} that end early`);
      break;
    case 'struct':
      if (children.some((child) => child.length < length)) fail('has parts of another length');
      break;
    case 'dictionary':
      hold(length);
      checkIndices(batch, fail);
      for (const part of dictionary?.data ?? []) check(part, where);
      break;
    default:
      fail(`is of the kind ${typeId}`);
  }
  for (const child of children) check(child, where);
}

function checkIndices(
  { length, nullCount, validity, values, dictionary }: Inside,
  fail: (what: string) => never,
): void {
  const entries = dictionary?.length ?? 0;
  for (let i = 0; i < length; i++) {
    if (validity && nullCount > 0 && !((validity[i >> 3]! >> (i & 7)) & 1)) continue;
    const index = Number(values![i]);
    if (!(index >= 0 && index < entries))
      fail(`names entry ${index} of a dictionary of ${entries}`);
  }
}

function checkOffsets(
  offsets: ArrayLike<number | bigint> | undefined,
  length: number,
  end: number,
  fail: (what: string) => never,
): void {
  if (length === 0) return;
  const places = offsets ?? [];
  if (places.length < length + 1) fail('has fewer offsets than values');
  let before = 0;
  for (let i = 0; i <= length; i++) {
    const offset = Number(places[i]);
    if (!(offset >= before && offset <= end))
      fail(`has the offset ${offset} of ${end} after ${before}`);
    before = offset;
  }
}

// A view: a length; the text itself if it has at most 12 bytes, else a buffer's number and a place in it.
function checkViews(
  views: Uint8Array,
  data: readonly Uint8Array[],
  length: number,
  fail: (what: string) => never,
): void {
  if (views.length < length * 16) fail(`has ${views.length} bytes for ${length} values`);
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  for (let i = 0; i < length; i++) {
    const size = view.getInt32(16 * i, true);
    if (size >= 0 && size <= 12) continue;
    const buffer = data[view.getInt32(16 * i + 8, true)];
    const start = view.getInt32(16 * i + 12, true);
    if (!(buffer && size >= 0 && start >= 0 && start + size <= buffer.length)) {
      fail(`has a value of ${size} bytes that lies outside its buffers`);
    }
  }
}
