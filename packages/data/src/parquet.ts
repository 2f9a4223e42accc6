import { AttuneError } from '@attune/gpu';
import { parseExactJson, rememberNumber } from '@attune/tokenizer';
import type { Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import { checkPages } from './parquet-pages.ts';
import { printable } from './printable.ts';
import type { Row } from './read-rows.ts';
import { exactNumber } from './row-values.ts';
import type { ByteFile } from './source.ts';

/** Rows that are decoded at a time: as many as unpack to so many bytes, and no more than this. */
const bytesAtOnce = 2 ** 25;
const mostRowsAtOnce = 100_000;

/**
 * Rows of a Parquet file, a part of a row group at a time. Needs the optional peer `hyparquet`, and
 * `hyparquet-compressors` for columns packed otherwise than with Snappy (zstd, gzip, brotli, LZ4).
 *
 * @throws AttuneError `parquet-reader-missing`, `data-codec-missing`, `data-broken-parquet`,
 * `data-unsupported-parquet`
 */
export async function* parseParquet(file: ByteFile, name: string): AsyncGenerator<Row> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await loadReader();
  try {
    const metadata = await parquetMetadataAsync(file);
    const rows = Number(metadata.num_rows);
    const schema = parquetSchema(metadata);
    checkColumns(metadata, schema);
    await checkPages(file, metadata);
    const compressors = await loadCodecs(metadata, name);
    const floats = floatPaths(schema, '');
    for (const { start, end } of parts(metadata)) {
      const part = await parquetReadObjects({
        file,
        metadata,
        ...(compressors && { compressors }),
        parsers: { jsonFromBytes: (bytes) => parseExactJson(decoder.decode(bytes)) },
        rowStart: start,
        rowEnd: Math.min(rows, end),
      });
      for (const row of part) yield plain(row, floats) as Row;
    }
  } catch (cause) {
    if (cause instanceof AttuneError) throw cause;
    throw unreadable(name, cause);
  }
}

/** Columns that the schema lacks, or has once, would be read, and their errors be nobody's. */
function checkColumns({ row_groups: groups }: FileMetaData, schema: SchemaTree): void {
  for (const { columns } of groups) {
    const seen = new Set<string>();
    for (const { meta_data: chunk } of columns) {
      const path = chunk?.path_in_schema ?? [];
      let at: SchemaTree | undefined = schema;
      for (const name of path) at = at?.children.find(({ element }) => element.name === name);
      const key = JSON.stringify(path);
      if (!at || at.children.length > 0 || seen.has(key)) {
        throw new Error(`a row group has a column ${path.join('.')} that its schema has not`);
      }
      seen.add(key);
    }
  }
}

/** Row ranges within row groups, of which each needs its group's columns. */
function* parts({ row_groups: groups }: FileMetaData): Generator<{ start: number; end: number }> {
  let start = 0;
  for (const group of groups) {
    const rows = Number(group.num_rows);
    const share = bytesAtOnce / Math.max(1, Number(group.total_byte_size));
    const step = Math.min(mostRowsAtOnce, Math.max(100, Math.ceil(rows * share)));
    const groupEnd = start + rows;
    for (; start < groupEnd; start = Math.min(groupEnd, start + step)) {
      yield { start, end: Math.min(groupEnd, start + step) };
    }
  }
}

/** What the reader lacks is one thing, what the file lacks another. */
function unreadable(name: string, cause: unknown): AttuneError {
  const why = printable((cause as Error).message.replace(/^parquet /, ''), 200);
  if (/unsupported|not supported|unhandled type/.test(why)) {
    return new AttuneError(
      'data-unsupported-parquet',
      `${name} uses what is not read here: ${why}.`,
      "Write it again with plain columns, for instance df.to_parquet(FILE, compression='zstd'), or as JSONL.",
      { cause },
    );
  }
  return new AttuneError(
    'data-broken-parquet',
    `${name} cannot be read as Parquet: ${why}.`,
    'Check that the download is whole, or write the data as JSONL.',
    { cause },
  );
}

async function loadReader(): Promise<typeof import('hyparquet')> {
  try {
    return await import('hyparquet');
  } catch (cause) {
    throw new AttuneError(
      'parquet-reader-missing',
      'Parquet files need the package hyparquet, which is not installed.',
      'Run `npm install hyparquet`, or write the data as JSONL.',
      { cause },
    );
  }
}

/** The unpackers that the columns of a file need besides those that the reader has. */
async function loadCodecs(metadata: FileMetaData, name: string): Promise<Compressors | undefined> {
  const used = new Set(
    metadata.row_groups.flatMap(({ columns }) => columns.map((column) => column.meta_data?.codec)),
  );
  for (const codec of [undefined, 'UNCOMPRESSED', 'SNAPPY'] as const) used.delete(codec);
  if (used.size === 0) return undefined;
  try {
    const codecs = await import('hyparquet-compressors');
    return {
      GZIP: codecs.decompressGzip,
      BROTLI: codecs.decompressBrotli,
      ZSTD: (bytes, length) => codecs.decompressZstd(bytes, new Uint8Array(length)),
      LZ4: codecs.decompressLz4,
      LZ4_RAW: codecs.decompressLz4Raw,
    };
  } catch (cause) {
    throw new AttuneError(
      'data-codec-missing',
      `${name} is packed with ${[...used].join(', ')}, which needs the package hyparquet-compressors, which is not installed.`,
      "Run `npm install hyparquet-compressors`, or write the file with compression='snappy'.",
      { cause },
    );
  }
}

const decoder = new TextDecoder();

/** Paths of the columns that hold floating-point numbers: names of fields, without the levels of lists. */
function floatPaths(node: SchemaTree, path: string, found = new Set<string>()): Set<string> {
  const { element, children } = node;
  const [inner] = children;
  const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
  if (children.length === 0) {
    if (element.type === 'DOUBLE' || element.type === 'FLOAT') found.add(path);
  } else if (isList && children.length === 1 && inner?.element.repetition_type === 'REPEATED') {
    const items = inner.children.length === 1 ? inner.children[0]! : inner;
    floatPaths(items, path, found);
  } else {
    for (const child of children) floatPaths(child, join(path, child.element.name), found);
  }
  return found;
}

const join = (path: string, name: string): string => `${path}/${name}`;

/**
 * Rows hold what JSON could, and whole numbers beyond 2^53. That 1 stands for 1.0 in a column of
 * floating-point numbers is remembered for chat templates.
 */
function plain(value: unknown, floats: ReadonlySet<string>, path = ''): unknown {
  if (typeof value === 'bigint') return exactNumber(value);
  if (typeof value !== 'object' || value === null) return value;
  const remember = (container: object, key: string | number, part: unknown, at: string): void => {
    if (Number.isInteger(part) && floats.has(at)) rememberNumber(container, key, `${part}.0`);
  };
  if (Array.isArray(value)) {
    const list = value.map((part) => plain(part, floats, path));
    for (const [i, part] of list.entries()) remember(list, i, part, path);
    return list;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const parts = Object.entries(value).map(([key, part]) => {
    return [key, plain(part, floats, join(path, key))] as const;
  });
  const record = Object.fromEntries(parts);
  for (const [key, part] of parts) remember(record, key, part, join(path, key));
  return record;
}
