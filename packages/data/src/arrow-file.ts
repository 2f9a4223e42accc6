import { checkSchema } from './arrow-descriptions.ts';
import { type ArrowPart, bodyLength, largestBody, readMessage } from './arrow-messages.ts';
import { FlatTable } from './flat-table.ts';
import { type ByteFile, joinBytes } from './source.ts';

const magic = new TextEncoder().encode('ARROW1\0\0');
const tailBytes = 10;
const largestIndex = 1 << 28;
const blockBytes = 24;

/**
 * The batches of Arrow's IPC file: messages as in a stream, behind the word ARROW1, and at the end an index
 * (a flatbuffer) of their places, which alone is certain to have the schema. The decoder takes whole files:
 * each batch is given to it as a file of its own, with the index changed to that.
 *
 * @throws Error with what is wrong
 */
export async function* arrowFileParts(file: ByteFile): AsyncGenerator<ArrowPart> {
  const index = await readIndex(file);
  const codecs = new Set<number>();
  const load = async (block: Block, kind: 'dictionary' | 'rows') => {
    const bytes = new Uint8Array(await file.slice(block.at, block.at + block.length + block.body));
    if (bytes.length !== block.length + block.body) throw new Error('it is cut off');
    const view = new DataView(bytes.buffer);
    // Files of before 2019 and of polars have no mark at a message's beginning.
    const frame = view.getUint32(0, true) === 0xffffffff ? 8 : 4;
    const description = bytes.slice(frame, block.length);
    if (
      view.getUint32(frame - 4, true) !== description.length ||
      bodyLength(description) !== block.body
    ) {
      throw new Error(`a batch at ${block.at} is of another length than its index says`);
    }
    const about = readMessage(description, bytes.slice(block.length));
    if (about.kind !== kind) throw new Error(`the index names ${about.kind} where ${kind} must be`);
    if (about.codec !== undefined) codecs.add(about.codec);
    return { bytes, rows: about.rows };
  };
  const dictionaries: Uint8Array<ArrayBuffer>[] = [];
  for (const block of index.dictionaries) {
    dictionaries.push((await load(block, 'dictionary')).bytes);
  }
  for (const block of index.batches) {
    const { bytes, rows } = await load(block, 'rows');
    yield { bytes: smallFile(index, dictionaries, bytes), rows, codecs };
  }
}

interface Block {
  at: number;
  /** Bytes of the description, its frame included. */
  length: number;
  body: number;
}

interface Index {
  bytes: Uint8Array<ArrayBuffer>;
  dictionaries: Block[];
  batches: Block[];
  /** Where in `bytes` the entries of the two lists begin. */
  places: { dictionaries: number; batches: number };
}

// Footer: 1 schema, 2 dictionaries, 3 batches, 4 notes; a block is a place, a length, and the length of its body.
async function readIndex(file: ByteFile): Promise<Index> {
  const size = file.byteLength;
  const tail = new Uint8Array(await file.slice(Math.max(0, size - tailBytes), size));
  const ending = new TextDecoder().decode(tail.subarray(-6));
  if (tail.length < tailBytes || ending !== 'ARROW1') throw new Error('it is cut off');
  const length = new DataView(tail.buffer).getInt32(0, true);
  const start = size - tailBytes - length;
  if (!(length > 0 && length <= largestIndex && start >= magic.length)) {
    throw new Error(`its index has ${length} bytes of ${size}`);
  }
  const bytes = new Uint8Array(await file.slice(start, start + length));
  const footer = FlatTable.root(bytes);
  checkSchema(footer.table(1));
  footer.tables(4);
  const view = new DataView(bytes.buffer);
  const blocks = ({ at, length: count }: { at: number; length: number }): Block[] => {
    return Array.from({ length: count }, (_, i) => {
      const entry = at + i * blockBytes;
      const block = {
        at: Number(view.getBigInt64(entry, true)),
        length: view.getInt32(entry + 8, true),
        body: Number(view.getBigInt64(entry + 16, true)),
      };
      const inside = block.at >= magic.length && block.length > 8 && block.body >= 0;
      if (!inside || block.body > largestBody || block.at + block.length + block.body > start) {
        throw new Error(`a batch of ${block.body} bytes at ${block.at} lies outside the file`);
      }
      return block;
    });
  };
  const [first, second] = [footer.vector(2, blockBytes), footer.vector(3, blockBytes)];
  return {
    bytes,
    dictionaries: blocks(first),
    batches: blocks(second),
    places: { dictionaries: first.at, batches: second.at },
  };
}

function smallFile(
  { bytes, places }: Index,
  dictionaries: readonly Uint8Array[],
  batch: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const index = bytes.slice();
  const view = new DataView(index.buffer);
  const parts: Uint8Array[] = [magic];
  let at = magic.length;
  const place = (message: Uint8Array, entry: number): void => {
    view.setBigInt64(entry, BigInt(at), true);
    const padding = new Uint8Array((8 - (message.length % 8)) % 8);
    parts.push(message, padding);
    at += message.length + padding.length;
  };
  for (const [i, message] of dictionaries.entries()) {
    place(message, places.dictionaries + i * blockBytes);
  }
  place(batch, places.batches);
  view.setUint32(places.batches - 4, 1, true);
  const tail = new Uint8Array(tailBytes);
  new DataView(tail.buffer).setInt32(0, index.length, true);
  tail.set(magic.subarray(0, 6), 4);
  return joinBytes([...parts, index, tail]);
}
