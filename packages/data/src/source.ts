import { AttuneError } from '@attune/gpu';
import type { Row } from './read-rows.ts';

/** Opens a stream of bytes, again for each pass. */
export interface ByteStream {
  name: string;
  open: () => AsyncIterable<Uint8Array>;
}

/** Bytes by their place in a file, as a file of the hub in its cache. */
export interface ByteRanges {
  name: string;
  /** Bytes of the file. */
  size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Rows that are made when they are asked for, again for each pass. */
export interface RowSource {
  name: string;
  rows: () => AsyncIterable<Row> | Iterable<Row>;
}

/**
 * Where rows come from: a path (Node, Deno, Bun), a Blob or File, a stream or ranges of bytes, or rows
 * themselves. Each can be read again for each epoch.
 */
export type Source = string | Blob | ByteStream | ByteRanges | RowSource;

/** Rows, a source, several sources, or an (async) iterable of rows. */
export type DatasetSource = Source | readonly Source[] | Iterable<Row> | AsyncIterable<Row>;

/** A source of bytes. */
export type ByteOrigin = Exclude<Source, RowSource>;

/** Random access to a file, as Parquet needs it. */
export interface ByteFile {
  byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
  close(): Promise<void>;
}

/** Bytes that are read at a time. */
const block = 1 << 18;

export function sourceName(source: Source): string {
  if (typeof source === 'string') return source;
  if (source instanceof Blob) return 'name' in source ? String(source.name) : 'the data';
  return source.name;
}

/** Whether a value is a source, and not a row or a list of them. */
export function isSource(value: unknown): value is Source {
  if (typeof value === 'string' || value instanceof Blob) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { open, read, rows } = value as Record<string, unknown>;
  return [open, read, rows].some((verb) => typeof verb === 'function');
}

/**
 * Bytes of a source, chunk by chunk; a file is read as it is consumed.
 *
 * @throws AttuneError `data-missing`, `data-unreadable`
 */
export async function* readBytes(source: Source): AsyncGenerator<Uint8Array> {
  if (typeof source === 'string') {
    const { createReadStream } = nodeFiles();
    try {
      yield* createReadStream(source, { highWaterMark: block });
    } catch (cause) {
      throw unreadable(source, cause);
    }
  } else if (source instanceof Blob) {
    const reader = source.stream().getReader();
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
    } finally {
      await reader.cancel();
    }
  } else if ('read' in source) {
    for (let at = 0; at < source.size; at += block) {
      yield await source.read(at, Math.min(block, source.size - at));
    }
  } else if ('open' in source) {
    yield* source.open();
  } else {
    throw new AttuneError(
      'data-unreadable',
      `${source.name} holds rows, not bytes.`,
      'Read it with readRows.',
    );
  }
}

/** Opens a source for random access; a stream is first read into memory. */
export async function openFile(source: Source): Promise<ByteFile> {
  if (typeof source === 'string') return openPath(source);
  if (!(source instanceof Blob) && 'read' in source) {
    return {
      byteLength: source.size,
      slice: async (start, end = source.size) => {
        const from = Math.min(start, source.size);
        const bytes = await source.read(from, Math.max(0, Math.min(end, source.size) - from));
        return bytes.slice().buffer as ArrayBuffer;
      },
      close: async () => {},
    };
  }
  const blob = source instanceof Blob ? source : await collect(readBytes(source));
  return {
    byteLength: blob.size,
    slice: (start, end) => blob.slice(start, end).arrayBuffer(),
    close: async () => {},
  };
}

async function openPath(path: string): Promise<ByteFile> {
  const { open } = nodeFiles().promises;
  try {
    const file = await open(path, 'r');
    const byteLength = (await file.stat()).size;
    return {
      byteLength,
      slice: async (start, end = byteLength) => {
        const buffer = new ArrayBuffer(Math.max(0, end - start));
        await file.read(new Uint8Array(buffer), 0, buffer.byteLength, start);
        return buffer;
      },
      close: () => file.close(),
    };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** All bytes of a stream. */
export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Blob> {
  const parts: BlobPart[] = [];
  for await (const part of bytes) parts.push(part.slice());
  return new Blob(parts);
}

/** A stream of which the beginning has been looked at. */
export interface Peeked {
  /** At least as many bytes as were wanted, where there are so many. */
  start: Uint8Array;
  /** The whole stream, its beginning included. */
  whole: AsyncGenerator<Uint8Array>;
  /** Lets go of a stream that is not read on. */
  close(): Promise<void>;
}

/** Looks at the beginning of a stream. */
export async function peek(bytes: AsyncIterable<Uint8Array>, wanted = 4096): Promise<Peeked> {
  const iterator = bytes[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < wanted) {
    const next = await iterator.next();
    if (next.done) break;
    // The reader may use its buffer again: keep a copy.
    parts.push(next.value.slice());
    length += next.value.length;
  }
  const start = joinBytes(parts);
  const close = async (): Promise<void> => void (await iterator.return?.());
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      if (start.length > 0) yield start;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        yield next.value;
      }
    } finally {
      await close();
    }
  }
  return { start, whole: whole(), close };
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Not by `import`: a bundler for browsers would fail to resolve it. */
export function nodeFiles(): typeof import('node:fs') {
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw new AttuneError(
      'data-unreadable',
      'Paths cannot be opened in a browser.',
      'Give the File that the user chose, or a Blob.',
    );
  }
  return process.getBuiltinModule('node:fs');
}

/** What a file system says of a path, as an error for people. */
export function unreadable(path: string, cause: unknown): AttuneError {
  if (cause instanceof AttuneError) return cause;
  const code = (cause as { code?: string }).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AttuneError(
      'data-missing',
      /^[a-z]+:\/\//.test(path)
        ? `${path} is an address; data are read from files.`
        : `The data file ${path} does not exist.`,
      /^[a-z]+:\/\//.test(path)
        ? 'Download it first, and name the file.'
        : 'Check the path; it is taken relative to the working directory.',
      { cause },
    );
  }
  const reason = code === 'EISDIR' ? 'it is a folder' : (cause as Error).message;
  return new AttuneError(
    'data-unreadable',
    `The data file ${path} cannot be read: ${reason}.`,
    'Name a JSONL, JSON, CSV, Parquet or Arrow file that you may read.',
    { cause },
  );
}
