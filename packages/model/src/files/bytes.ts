import { AttuneError } from '@attune/gpu';

/** Bytes that can be read in pieces: a file on disk, a Blob in a page, or an array in memory. */
export interface ByteSource {
  /** What error messages call it. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`, in a fresh array that starts its own buffer (so typed views
   * are aligned and writing into it harms nobody).
   * @throws AttuneError `file-truncated` when the source ends before that, `file-unreadable` when reading fails.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Lets go of what the source holds; sources made here hold nothing. */
  close?(): Promise<void>;
}

/** The one place where a wrong offset is noticed, whatever the storage. */
export function checkRange(source: ByteSource, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= source.size) return;
  throw new AttuneError(
    'file-truncated',
    `${source.name} has ${source.size} bytes, but bytes ${offset} to ${offset + length} are asked for.`,
    'The file is cut short or was changed while it was read: download or copy it again.',
  );
}

/** A source over an array; reads are copies. */
export function bytesFromMemory(bytes: Uint8Array, name = 'memory'): ByteSource {
  const source: ByteSource = {
    name,
    size: bytes.byteLength,
    async read(offset, length) {
      checkRange(source, offset, length);
      const copy = new Uint8Array(length);
      copy.set(bytes.subarray(offset, offset + length));
      return copy;
    },
  };
  return source;
}

/** A source over a Blob or a File (a dropped file, an OPFS file). */
export function bytesFromBlob(blob: Blob, name = (blob as File).name || 'blob'): ByteSource {
  const source: ByteSource = {
    name,
    size: blob.size,
    async read(offset, length) {
      checkRange(source, offset, length);
      const bytes = await blob
        .slice(offset, offset + length)
        .arrayBuffer()
        .catch((cause: unknown) => {
          throw unreadable(name, cause);
        });
      if (bytes.byteLength !== length) throw changed(name, length, bytes.byteLength);
      return new Uint8Array(bytes);
    },
  };
  return source;
}

// A variable specifier: bundlers for browsers would otherwise try to resolve it.
const NODE_FILES = 'node:fs/promises';

/**
 * Node's (and Deno's) file system; an error that says so in a browser.
 * @internal
 */
export async function nodeFiles(): Promise<typeof import('node:fs/promises')> {
  try {
    return (await import(/* @vite-ignore */ NODE_FILES)) as typeof import('node:fs/promises');
  } catch (cause) {
    throw new AttuneError(
      'no-file-system',
      'There is no file system here, so a path cannot be opened.',
      'In a browser, pass Blobs or File objects instead of a path.',
      { cause },
    );
  }
}

/** Node reads at most 2 GiB at a time. */
const LARGEST_READ = 1 << 30;

/**
 * A source over a file on disk (Node, Deno). The file is opened for each read and closed again,
 * so a model that is dropped without ceremony leaks no handle.
 * @throws AttuneError `file-not-found`, `file-unreadable`
 */
export async function bytesFromPath(path: string): Promise<ByteSource> {
  const files = await nodeFiles();
  const stat = await files.stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!stat.isFile()) {
    throw new AttuneError('file-unreadable', `${path} is not a file.`, 'Give the path of a file.');
  }
  const source: ByteSource = {
    name: path,
    size: stat.size,
    async read(offset, length) {
      checkRange(source, offset, length);
      const bytes = new Uint8Array(length);
      try {
        const handle = await files.open(path);
        try {
          for (let done = 0; done < length; ) {
            const want = Math.min(LARGEST_READ, length - done);
            const { bytesRead } = await handle.read(bytes, done, want, offset + done);
            if (bytesRead === 0) throw changed(path, length, done);
            done += bytesRead;
          }
        } finally {
          await handle.close();
        }
      } catch (cause) {
        throw unreadable(path, cause);
      }
      return bytes;
    },
  };
  return source;
}

/** Every byte of a source as UTF-8 text, a leading byte-order mark dropped. */
export async function readText(source: ByteSource): Promise<string> {
  const bytes = await source.read(0, source.size);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AttuneError(
      'invalid-utf8',
      `${source.name} is not UTF-8 text.`,
      'Download it again, or save it as UTF-8.',
      { cause },
    );
  }
}

/** Turns what a file system threw into an error for people; passes our own through. */
export function unreadable(name: string, cause: unknown): AttuneError {
  if (cause instanceof AttuneError) return cause;
  const code = (cause as { code?: string } | null)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AttuneError('file-not-found', `There is no ${name}.`, 'Check the path.', { cause });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AttuneError(
    'file-unreadable',
    `${name} cannot be read: ${why}`,
    'Check that the file is there and that you may read it.',
    { cause },
  );
}

function changed(name: string, expected: number, got: number): AttuneError {
  return new AttuneError(
    'file-truncated',
    `${name} gave ${got} bytes where ${expected} were asked for.`,
    'The file was changed while it was read: close what writes to it and try again.',
  );
}
