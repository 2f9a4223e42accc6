import { AttuneError } from '@attune/gpu';
import { bytesFromBlob, type HubStorage } from '@attune/model';
import type { OutputFolder } from '@attune/trainer';

// OPFS has no links: a small file of this ending names the file that another stands for.
const linkEnding = '.~link';

/** Sync access handles are what workers of all browsers have. */
export interface SyncHandle {
  write(bytes: Uint8Array, options?: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
type File = FileSystemFileHandle & {
  createSyncAccessHandle(): Promise<SyncHandle>;
  move?(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
};

/** The folder of a path and the path's last name; made on the way where wanted. */
async function folderOf(path: string, create = false) {
  const names = path.split('/');
  const name = names.pop()!;
  let folder = await navigator.storage.getDirectory();
  for (const each of names) folder = await folder.getDirectoryHandle(each, { create });
  return { folder, name };
}

async function file(path: string, create = false): Promise<File> {
  const { folder, name } = await folderOf(path, create);
  return (await folder.getFileHandle(name, { create })) as File;
}

const there = (path: string) => file(path).catch(() => undefined);

export async function writeFile(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await (await file(path, true)).createSyncAccessHandle();
  try {
    handle.truncate(0);
    handle.write(bytes);
    handle.flush();
  } finally {
    handle.close();
  }
}

async function remove(path: string): Promise<void> {
  const { folder, name } = await folderOf(path);
  await folder.removeEntry(name);
}

/** The file that a path stands for. */
async function follow(path: string): Promise<string> {
  const link = await there(path + linkEnding);
  return link ? (await link.getFile()).text() : path;
}

/** Models of the hub in the page's own file system, in the hub's cache layout. Only in workers. */
export function opfsHubStorage(root = 'hub'): HubStorage {
  const at = (path: string) => `${root}/${path}`;
  return {
    name: 'this browser',
    async size(path) {
      return (await (await there(await follow(at(path))))?.getFile())?.size;
    },
    async source(path) {
      const found = await there(await follow(at(path)));
      if (found) return bytesFromBlob(await found.getFile(), path);
      throw new AttuneError('file-not-found', `There is no ${path}.`, 'Download the model again.');
    },
    async append(path, from) {
      const handle = await (await file(at(path), true)).createSyncAccessHandle();
      handle.truncate(from);
      let position = from;
      return {
        async write(bytes) {
          position += handle.write(bytes, { at: position });
        },
        async close() {
          handle.flush();
          handle.close();
        },
      };
    },
    async rename(from, to) {
      const moved = await file(at(from));
      const { folder, name } = await folderOf(at(to), true);
      if (moved.move) return moved.move(folder, name);
      await writeFile(at(to), new Uint8Array(await (await moved.getFile()).arrayBuffer()));
      await remove(at(from));
    },
    remove: (path) => remove(at(path)).catch(() => undefined),
    async link(target, path) {
      await writeFile(at(path) + linkEnding, new TextEncoder().encode(at(target)));
    },
    async list(path) {
      const names: string[] = [];
      try {
        const { folder } = await folderOf(`${at(path)}/x`);
        for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) {
          names.push(name.endsWith(linkEnding) ? name.slice(0, -linkEnding.length) : name);
        }
      } catch {
        // No such folder: no names.
      }
      return names;
    },
    lock: (path, work) => navigator.locks.request(`${root}/${path}`, work),
  };
}

/** A folder of the page's own file system, for what a run leaves. Only in workers. */
export function opfsFolder(root: string): OutputFolder {
  const at = (path: string) => (path === '' || path === '.' ? root : `${root}/${path}`);
  const bytesOf = (data: Uint8Array | string) =>
    typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const read = async (path: string) =>
    new Uint8Array(await (await (await file(at(path))).getFile()).arrayBuffer());
  const names = async (path: string): Promise<string[]> => {
    const { folder } = await folderOf(`${at(path)}/x`);
    const found: string[] = [];
    for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) {
      found.push(name);
    }
    return found;
  };
  const remove = async (path: string) => {
    const { folder, name } = await folderOf(at(path));
    await folder.removeEntry(name, { recursive: true });
  };
  return {
    write: (path, data) => writeFile(at(path), bytesOf(data)),
    async writeStream(path, pieces) {
      const handle = await (await file(at(path), true)).createSyncAccessHandle();
      let position = 0;
      handle.truncate(0);
      try {
        for await (const piece of pieces) position += handle.write(piece, { at: position });
        handle.flush();
      } finally {
        handle.close();
      }
    },
    async append(path, data) {
      const before = await read(path).catch(() => new Uint8Array());
      const more = bytesOf(data);
      const whole = new Uint8Array(before.length + more.length);
      whole.set(before);
      whole.set(more, before.length);
      await writeFile(at(path), whole);
    },
    read,
    exists: async (path) => (await there(at(path))) !== undefined,
    list: (path) => names(path).catch(() => []),
    // Folders cannot be renamed everywhere: their files are copied, the manifest of a checkpoint last.
    async rename(from, to) {
      const inside = await names(from).catch(() => undefined);
      const last = (name: string) => (name === 'manifest.json' ? 1 : 0);
      for (const name of (inside ?? []).sort((a, b) => last(a) - last(b))) {
        await writeFile(at(`${to}/${name}`), await read(`${from}/${name}`));
      }
      if (!inside) await writeFile(at(to), await read(from));
      await remove(from);
    },
    remove: (path) => remove(path).catch(() => undefined),
  };
}
