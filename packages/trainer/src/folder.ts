/** Where a run's files go: a folder on disk, in memory, or a browser's. Paths use `/`. */
export interface OutputFolder {
  /** Writes a file whole or not at all: to a temporary name, flushed, then renamed. */
  write(path: string, data: Uint8Array | string): Promise<void>;
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
  return {
    async write(name, data) {
      const target = at(name);
      await fs.mkdir(path.dirname(target), { recursive: true });
      const temporary = `${target}.${process.pid}.part`;
      const handle = await fs.open(temporary, 'w');
      try {
        await handle.writeFile(bytesOf(data));
        await handle.sync();
      } catch (error) {
        await handle.close();
        await fs.rm(temporary, { force: true });
        throw error;
      }
      await handle.close();
      await fs.rename(temporary, target);
      await flushFolder(path.dirname(target));
    },
    async append(name, data) {
      await fs.mkdir(path.dirname(at(name)), { recursive: true });
      await fs.appendFile(at(name), bytesOf(data));
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

/** A folder in memory: for tests, and for pages that offer downloads. */
export function memoryFolder(files = new Map<string, Uint8Array>()): OutputFolder {
  const inside = (path: string) => (path === '' || path === '.' ? '' : `${path}/`);
  return {
    async write(path, data) {
      files.set(path, bytesOf(data));
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
