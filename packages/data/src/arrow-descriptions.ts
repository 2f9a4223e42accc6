import { unreadKind } from './arrow-checks.ts';
import type { FlatTable } from './flat-table.ts';

// The decoder believes counts in a description: a damaged one makes it run for ever. So descriptions are
// walked before it sees them.

const mostFields = 10_000;
const deepestNesting = 32;
/** Values that may lie in no bytes at all: of a column of nulls. */
const mostNulls = 2 ** 24;
/** A packed buffer holds at most so many bytes for each of its own. */
const packedBytes = 2 ** 16;
const largestBuffer = 2 ** 30;

/**
 * Checks a schema: counts within the buffer, and kinds of columns that are read.
 *
 * @throws Error with what is wrong, UnsupportedArrow
 */
export function checkSchema(schema: FlatTable | undefined): void {
  if (!schema) throw new Error('it has no schema');
  let seen = 0;
  // Field: 0 name, 2 kind, 4 dictionary, 5 parts, 6 notes.
  const check = (fields: FlatTable[], depth: number): void => {
    if (depth > deepestNesting) throw new Error('its columns nest too deep');
    for (const field of fields) {
      if (++seen > mostFields) throw new Error(`it has more than ${mostFields} columns`);
      field.tables(6);
      unreadKind(field.byte(2), field.text(0));
      check(field.tables(5), depth + 1);
    }
  };
  schema.tables(2);
  check(schema.tables(1), 0);
}

/**
 * Checks the description of a batch against its body: counts within the buffer, places within the body,
 * and no more values than so many bytes can hold.
 *
 * @throws Error with what is wrong
 */
export function checkBatch(batch: FlatTable | undefined, body: Uint8Array<ArrayBuffer>): void {
  if (!batch) throw new Error('a batch has no description');
  // A node is a count of values and of nulls, a buffer a place and a length; both two longs.
  const nodes = batch.pairs(1);
  const buffers = batch.pairs(2);
  const packed = batch.table(3) !== undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let bytes = 0;
  for (const [at, length] of buffers) {
    if (!(at >= 0 && length >= 0 && at + length <= body.length)) {
      throw new Error(`a buffer of ${length} bytes at ${at} lies outside its ${body.length} bytes`);
    }
    const claimed = packed && length >= 8 ? Number(view.getBigInt64(at, true)) : -1;
    if (claimed > Math.min(largestBuffer, packedBytes * (length + 1))) {
      throw new Error(`a packed part of ${length} bytes claims ${claimed}`);
    }
    bytes += claimed === -1 ? length : claimed;
  }
  const most = 8 * bytes + mostNulls;
  for (const count of [batch.long(0), ...nodes.map(([count]) => count)]) {
    if (!(count >= 0 && count <= most))
      throw new Error(`${bytes} bytes cannot hold ${count} values`);
  }
  const parts = batch.longs(4);
  if (parts.some((count) => !(count >= 0 && count <= buffers.length))) {
    throw new Error('a column of views claims more buffers than there are');
  }
}
