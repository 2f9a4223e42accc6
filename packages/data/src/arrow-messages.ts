import { checkBatch, checkSchema } from './arrow-descriptions.ts';
import { FlatTable } from './flat-table.ts';
import { joinBytes } from './source.ts';

/** A batch of rows with all that its decoding needs. */
export interface ArrowPart {
  /** The messages of a stream, or a file of this batch alone. */
  bytes: Uint8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>[];
  rows: number;
  /** How buffers are packed: 0 LZ4, 1 zstd. */
  codecs: Set<number>;
}

/** What the description of a message says. */
export interface ArrowMessage {
  kind: 'schema' | 'dictionary' | 'rows' | 'other';
  /** Rows of a batch. */
  rows: number;
  /** Of a dictionary: which one, and whether it goes on from the values before. */
  id: number;
  delta: boolean;
  codec?: number;
}

/** A description or a body may not claim more. */
const largestDescription = 1 << 28;
export const largestBody = 2 ** 31;

const kinds = ['other', 'schema', 'dictionary', 'rows'] as const;

/** The length of a message's body. @throws Error with what is wrong */
export function bodyLength(description: Uint8Array<ArrayBuffer>): number {
  const body = FlatTable.root(description).long(3);
  if (body >= 0 && body <= largestBody) return body;
  throw new Error(`a message has a body of ${body} bytes`);
}

/**
 * What a message is, checked so far that the decoder can be given it.
 *
 * Message: 1 kind, 2 its table, 3 length of the body. Dictionary: 0 id, 1 batch, 2 whether it goes on.
 * Batch: 0 rows, 3 packing, a table whose field 0 is the codec.
 *
 * @throws Error with what is wrong, UnsupportedArrow
 */
export function readMessage(
  description: Uint8Array<ArrayBuffer>,
  body: Uint8Array<ArrayBuffer>,
): ArrowMessage {
  const message = FlatTable.root(description);
  const kind = kinds[message.byte(1)] ?? 'other';
  const about = { kind, rows: 0, id: 0, delta: false };
  const table = message.table(2);
  if (kind === 'schema') checkSchema(table);
  if (kind === 'schema' || kind === 'other' || !table) return about;
  const batch = kind === 'dictionary' ? table.table(1) : table;
  checkBatch(batch, body);
  const packing = batch?.table(3);
  return {
    ...about,
    rows: batch?.long(0) ?? 0,
    ...(kind === 'dictionary' && { id: table.long(0), delta: table.byte(2) === 1 }),
    ...(packing && { codec: packing.byte(0) }),
  };
}

/**
 * The batches of Arrow's IPC stream: messages, each 0xffffffff, the length of its description (a
 * flatbuffer), the description, and a body of the length that the description states.
 *
 * @throws Error with what is wrong
 */
export async function* arrowStreamParts(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ArrowPart> {
  let schema: Uint8Array<ArrayBuffer> | undefined;
  // Of each dictionary its last values, and what was added to them since.
  const dictionaries = new Map<number, Uint8Array<ArrayBuffer>[]>();
  const codecs = new Set<number>();
  for await (const { about, bytes } of messages(chunks)) {
    if (about.codec !== undefined) codecs.add(about.codec);
    if (about.kind === 'schema') schema = bytes;
    if (about.kind === 'dictionary') {
      const before = about.delta ? (dictionaries.get(about.id) ?? []) : [];
      dictionaries.set(about.id, [...before, bytes]);
    }
    if (about.kind !== 'rows') continue;
    if (!schema) throw new Error('rows come before their schema');
    const parts = [schema, ...[...dictionaries.values()].flat(), bytes];
    yield { bytes: parts, rows: about.rows, codecs };
  }
  if (!schema) throw new Error('it has no schema');
}

async function* messages(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ about: ArrowMessage; bytes: Uint8Array<ArrayBuffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const reader = new ByteQueue(iterator);
  try {
    for (let head = await reader.take(8); head; head = await reader.take(8)) {
      const view = new DataView(head.buffer);
      if (view.getUint32(0, true) !== 0xffffffff) throw new Error('a message has no beginning');
      const length = view.getUint32(4, true);
      if (length === 0) return;
      if (length > largestDescription) throw new Error(`a message is described by ${length} bytes`);
      const description = await reader.need(length);
      const body = await reader.need(bodyLength(description));
      const about = readMessage(description, body);
      if (about.kind === 'other') continue;
      yield { about, bytes: joinBytes([head, description, body]) };
    }
  } finally {
    await iterator.return?.();
  }
}

class ByteQueue {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(iterator: AsyncIterator<Uint8Array>) {
    this.#iterator = iterator;
  }

  /** So many bytes, or undefined at the end. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#length < length) {
      const next = await this.#iterator.next();
      if (next.done) return undefined;
      // The reader may use its buffer again: keep a copy.
      this.#parts.push(next.value.slice());
      this.#length += next.value.length;
    }
    const taken: Uint8Array[] = [];
    let used = 0;
    for (let missing = length; missing > 0; ) {
      const part = this.#parts[used]!;
      taken.push(part.subarray(0, missing));
      if (part.length > missing) this.#parts[used] = part.subarray(missing);
      else used++;
      missing -= Math.min(missing, part.length);
    }
    this.#parts = this.#parts.slice(used);
    this.#length -= length;
    return joinBytes(taken);
  }

  async need(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.take(length);
    if (!bytes) throw new Error('it ends in the middle of a message');
    return bytes;
  }
}
