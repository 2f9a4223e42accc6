import type { FileMetaData } from 'hyparquet';
import type { ByteFile } from './source.ts';

// hyparquet believes what page headers say: a damaged size or count can make it run for ever. So the
// headers are walked first. The header is a Thrift struct in the compact protocol.

const largestPage = 2 ** 29;
const headerBytes = 1 << 13;
const longestHeader = 1 << 20;
const valuesPerByte = 4096;
const nestingLimit = 16;

/**
 * Checks that the pages of every column lie within their chunk, hold no more than they say, and add
 * up to the number of values of the chunk.
 *
 * @throws Error with what is wrong
 */
export async function checkPages(file: ByteFile, metadata: FileMetaData): Promise<void> {
  const rows = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (rows !== Number(metadata.num_rows)) {
    throw new Error(`its header promises ${metadata.num_rows} rows, its row groups ${rows}`);
  }
  for (const group of metadata.row_groups) {
    for (const { meta_data: chunk } of group.columns) {
      if (!chunk) throw new Error('a column chunk has no description');
      const first = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
      const size = Number(chunk.total_compressed_size);
      const values = Number(chunk.num_values);
      // A group without rows may have no pages, and then says nothing of their place.
      if (values === 0 && Number(group.num_rows) === 0) continue;
      const start = Math.min(first, Number(chunk.data_page_offset));
      if (!(start >= 4 && size >= 0 && start + size <= file.byteLength)) {
        throw new Error(`a column chunk of ${size} bytes at ${start} lies outside the file`);
      }
      if (
        !(values >= 0 && values <= valuesPerByte * (size + 1) && Number(group.num_rows) <= values)
      ) {
        throw new Error(`${size} bytes of a column cannot hold ${values} values`);
      }
      await checkChunk(file, start, start + size, values);
    }
  }
}

async function checkChunk(
  file: ByteFile,
  start: number,
  end: number,
  values: number,
): Promise<void> {
  let seen = 0;
  for (let at = start; at < end - 1 && seen < values; ) {
    const page = await readHeader(file, at, end);
    const { compressed, uncompressed, count } = page;
    const data = at + page.length;
    if (!(compressed >= 0 && data + compressed <= end)) {
      throw new Error(`a page at byte ${at} has ${compressed} bytes, its column ends at ${end}`);
    }
    if (!(uncompressed >= 0 && uncompressed <= largestPage)) {
      throw new Error(`a page at byte ${at} unpacks to ${uncompressed} bytes`);
    }
    if (!(count >= 0 && count <= Math.max(values, uncompressed))) {
      throw new Error(`a page at byte ${at} has ${count} values, its column ${values}`);
    }
    if (!page.dictionary) {
      if (count === 0 && compressed === 0) throw new Error(`a page at byte ${at} is empty`);
      seen += count;
    }
    at = data + compressed;
  }
  if (seen !== values) throw new Error(`a column has ${seen} values of ${values}`);
}

interface PageHeader {
  length: number;
  dictionary: boolean;
  compressed: number;
  uncompressed: number;
  count: number;
}

async function readHeader(file: ByteFile, at: number, end: number): Promise<PageHeader> {
  for (let size = headerBytes; ; size *= 16) {
    const bytes = new Uint8Array(await file.slice(at, Math.min(end, at + size)));
    try {
      return parseHeader(new Compact(bytes));
    } catch (error) {
      // Statistics can make a header long: look further before giving up.
      if (size >= longestHeader || at + size >= end) throw error;
    }
  }
}

// PageHeader: 1 type, 2 uncompressed size, 3 compressed size, 5 data page, 7 dictionary page, 8 data
// page v2; field 1 of each of the last three is its number of values.
function parseHeader(reader: Compact): PageHeader {
  const fields = new Map<number, number>();
  const counts = new Map<number, Map<number, number>>();
  reader.struct((field, type) => {
    if (type !== structType) return fields.set(field, reader.value(type));
    const details = new Map<number, number>();
    counts.set(field, details);
    reader.struct((inner, innerType) => details.set(inner, reader.value(innerType)));
  });
  const kind = fields.get(1);
  const described = kind === 0 ? 5 : kind === 2 ? 7 : kind === 3 ? 8 : undefined;
  const details = counts.get(described ?? -1);
  const count = details?.get(1);
  if (!details || count === undefined) {
    throw new Error(`a page is of the kind ${kind}, or has no description`);
  }
  if (kind === 3) checkVersion2(details, fields.get(3) ?? -1);
  return {
    length: reader.offset,
    dictionary: kind === 2,
    compressed: fields.get(3) ?? -1,
    uncompressed: fields.get(2) ?? -1,
    count,
  };
}

// Data page v2: 1 values, 2 nulls, 3 rows, 5 and 6 bytes of definition and repetition levels.
function checkVersion2(details: Map<number, number>, compressed: number): void {
  const [values, nulls, rows, definitions, repetitions] = [1, 2, 3, 5, 6].map(
    (field) => details.get(field) ?? -1,
  ) as [number, number, number, number, number];
  const levels = definitions >= 0 && repetitions >= 0 && definitions + repetitions <= compressed;
  if (!levels || nulls < 0 || nulls > values || rows < 0 || rows > values) {
    throw new Error(
      `a page of ${values} values has ${nulls} nulls, ${rows} rows and ${definitions} + ${repetitions} bytes of levels`,
    );
  }
}

const structType = 12;

/** Reads Thrift's compact protocol; a number is given for whole numbers, 0 for what is passed over. */
class Compact {
  readonly #bytes: Uint8Array;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(each: (field: number, type: number) => unknown): void {
    let field = 0;
    for (let byte = this.#byte(); byte & 15; byte = this.#byte()) {
      field = byte >> 4 ? field + (byte >> 4) : this.#zigzag();
      each(field, byte & 15);
    }
  }

  value(type: number, depth = 0): number {
    if (depth > nestingLimit) throw new Error('a page header nests too deep');
    switch (type) {
      case 1:
      case 2:
        return 2 - type;
      case 3:
        return this.#byte();
      case 4:
      case 5:
      case 6:
        return this.#zigzag();
      case 7:
        return this.#skip(8);
      case 8:
        return this.#skip(this.#varint());
      case 9: {
        const head = this.#byte();
        const size = head >> 4 === 15 ? this.#varint() : head >> 4;
        for (let i = 0; i < size; i++) this.value(Math.max(head & 15, 3), depth + 1);
        return 0;
      }
      case structType:
        this.struct((_, inner) => this.value(inner, depth + 1));
        return 0;
      default:
        throw new Error(`a page header holds a field of the type ${type}`);
    }
  }

  #byte(): number {
    if (this.offset >= this.#bytes.length) throw new Error('a page header is cut off');
    return this.#bytes[this.offset++]!;
  }

  #skip(count: number): number {
    if (this.offset + count > this.#bytes.length) throw new Error('a page header is cut off');
    this.offset += count;
    return 0;
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      if (factor > 2 ** 63) throw new Error('a page header holds a number without end');
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
