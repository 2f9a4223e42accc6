import { AttuneError } from '@attune/gpu';

/**
 * Where rows come from: a path (Node, Deno, Bun), a Blob or File, or anything that opens a stream of
 * bytes. Paths, blobs and `open` can be read again for each epoch.
 */
export type Source = string | Blob | { name: string; open: () => AsyncIterable<Uint8Array> };

/** Random access to a file, as Parquet needs it. */
export interface ByteFile {
  byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
  close(): Promise<void>;
}

export function sourceName(source: Source): string {
  if (typeof source === 'string') return source;
  if (source instanceof Blob) return 'name' in source ? String(source.name) : 'the data';
  return source.name;
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
      yield* createReadStream(source, { highWaterMark: 1 << 18 });
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
  } else {
    yield* source.open();
  }
}

/** Opens a source for random access; a stream is first read into memory. */
export async function openFile(source: Source): Promise<ByteFile> {
  if (typeof source === 'string') return openPath(source);
  const blob = source instanceof Blob ? source : await collect(source);
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

async function collect(source: { open: () => AsyncIterable<Uint8Array> }): Promise<Blob> {
  const parts: BlobPart[] = [];
  for await (const part of source.open()) parts.push(part.slice());
  return new Blob(parts);
}

/** Not by `import`: a bundler for browsers would fail to resolve it. */
function nodeFiles(): typeof import('node:fs') {
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw new AttuneError(
      'data-unreadable',
      'Paths cannot be opened in a browser.',
      'Give the File that the user chose, or a Blob.',
    );
  }
  return process.getBuiltinModule('node:fs');
}

function unreadable(path: string, cause: unknown): AttuneError {
  const code = (cause as { code?: string }).code;
  if (code === 'ENOENT') {
    return new AttuneError(
      'data-missing',
      `The data file ${path} does not exist.`,
      'Check the path; it is taken relative to the working directory.',
      { cause },
    );
  }
  const reason = code === 'EISDIR' ? 'it is a folder' : (cause as Error).message;
  return new AttuneError(
    'data-unreadable',
    `The data file ${path} cannot be read: ${reason}.`,
    'Name a JSONL, JSON, CSV or Parquet file that you may read.',
    { cause },
  );
}
