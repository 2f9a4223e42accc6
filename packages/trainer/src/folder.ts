import type { FileHandle } from 'node:fs/promises';
import { AttuneError } from '@attune/gpu';

/** Where a run's files go: a folder on disk, in memory, or a browser's. Paths use `/`. */
export interface OutputFolder {
  /** Writes a file whole or not at all: to a temporary name, flushed, then renamed. */
  write(path: string, data: Uint8Array | string): Promise<void>;
  /** The same for a file that is made piece by piece: for those that are larger than memory. */
  writeStream(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  append(path: string, data: Uint8Array | string): Promise<void>;
  read(path: string): Promise<Uint8Array>;
  exists(path: string): Promise<boolean>;
  /** Names directly inside `path`. */
  list(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a folder with all inside; nothing there is no error. */
  remove(path: string): Promise<void>;
}

const bytesOf = (data: Uint8Array | string) =>
  typeof data === 'string' ? new TextEncoder().encode(data) : data;

/** A folder of the file system (Node, Deno), made when the first file is written. */
export async function diskFolder(root: string): Promise<OutputFolder> {
  // Not imported: bundlers for browsers would look for them.
  const fs = process.getBuiltinModule('node:fs/promises');
  const path = process.getBuiltinModule('node:path');
  const at = (name: string) => path.join(root, name);
  const flushFolder = async (folder: string) => {
    // Windows opens no folders; there the rename itself is as durable as it gets.
    const handle = await fs.open(folder, 'r').catch(() => undefined);
    await handle?.sync().catch(() => {});
    await handle?.close();
  };
  const whole = async (name: string, fill: (handle: FileHandle) => Promise<void>) => {
    const target = at(name);
    const temporary = `${target}.${process.pid}.part`;
    try {
      await fs.mkdir(path.dirname(target), { recursive: true });
      const handle = await fs.open(temporary, 'w');
      try {
        await fill(handle);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await fs.rename(temporary, target);
      await flushFolder(path.dirname(target));
    } catch (cause) {
      await fs.rm(temporary, { force: true }).catch(() => {});
      throw unwritable(target, cause);
    }
  };
  return {
    write: (name, data) =>
      whole(name, async (handle) => {
        await handle.writeFile(bytesOf(data));
      }),
    writeStream: (name, pieces) =>
      whole(name, async (handle) => {
        for await (const piece of pieces) await handle.writeFile(piece);
      }),
    async append(name, data) {
      try {
        await fs.mkdir(path.dirname(at(name)), { recursive: true });
        await fs.appendFile(at(name), bytesOf(data));
      } catch (cause) {
        throw unwritable(at(name), cause);
      }
    },
    read: async (name) => new Uint8Array(await fs.readFile(at(name))),
    exists: (name) =>
      fs.access(at(name)).then(
        () => true,
        () => false,
      ),
    list: (name) => fs.readdir(at(name)).catch(() => []),
    async rename(from, to) {
      await fs.rename(at(from), at(to));
      await flushFolder(path.dirname(at(to)));
    },
    remove: (name) => fs.rm(at(name), { recursive: true, force: true }),
  };
}

function unwritable(path: string, cause: unknown): unknown {
  if (cause instanceof AttuneError || !(cause as NodeJS.ErrnoException).code) return cause;
  return new AttuneError(
    'output-unwritable',
    `${path} cannot be written: ${(cause as Error).message}.`,
    'Choose another place for the output, or make room there.',
    { cause },
  );
}

/** A folder on disk by its path, or the folder that is given. */
export const outputFolder = async (target: string | OutputFolder): Promise<OutputFolder> =>
  typeof target === 'string' ? diskFolder(target) : target;

/** A folder in memory: for tests, and for pages that offer downloads. */
export function memoryFolder(files = new Map<string, Uint8Array>()): OutputFolder {
  const inside = (path: string) => (path === '' || path === '.' ? '' : `${path}/`);
  return {
    async write(path, data) {
      files.set(path, bytesOf(data));
    },
    async writeStream(path, pieces) {
      const parts: BlobPart[] = [];
      for await (const piece of pieces) parts.push(piece as BlobPart);
      files.set(path, new Uint8Array(await new Blob(parts).arrayBuffer()));
    },
    async append(path, data) {
      const before = files.get(path) ?? new Uint8Array();
      const more = bytesOf(data);
      const whole = new Uint8Array(before.length + more.length);
      whole.set(before);
      whole.set(more, before.length);
      files.set(path, whole);
    },
    async read(path) {
      const data = files.get(path);
      if (!data) throw new Error(`no file ${path}`);
      return data;
    },
    exists: async (path) =>
      files.has(path) || [...files.keys()].some((name) => name.startsWith(inside(path))),
    list: async (path) => {
      const start = inside(path);
      const names = [...files.keys()].filter((name) => name.startsWith(start));
      return [...new Set(names.map((name) => name.slice(start.length).split('/')[0]!))];
    },
    async rename(from, to) {
      for (const [name, data] of [...files]) {
        if (name !== from && !name.startsWith(`${from}/`)) continue;
        files.delete(name);
        files.set(to + name.slice(from.length), data);
      }
    },
    async remove(path) {
      for (const name of [...files.keys()]) {
        if (name === path || name.startsWith(`${path}/`)) files.delete(name);
      }
    },
  };
}
