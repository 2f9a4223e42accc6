import { AttuneError } from '@attune/gpu';
import { type ByteSource, bytesFromPath, nodeFiles } from './bytes.ts';
import { hubHome } from './hub-environment.ts';

/**
 * Where downloads are kept: files by path below one folder. Node's lies in `nodeHubStorage`; in a browser the
 * same few verbs are made of OPFS (where `link` may write a small file that `source` follows).
 */
export interface HubStorage {
  readonly name: string;
  /** Bytes of a whole file, or undefined where there is none (or none that may be followed). */
  size(path: string): Promise<number | undefined>;
  /** @throws AttuneError `file-not-found` */
  source(path: string): Promise<ByteSource>;
  /** Cuts the file to `from` bytes, or makes it, and appends; `close` returns when the bytes are safe. */
  append(path: string, from: number): Promise<HubWriter>;
  /** In one instant: readers see the old file or the new one. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** `path` stands for the file at `target` from now on. */
  link(target: string, path: string): Promise<void>;
  /** Where a file lies for other programs, if it lies in a file system. */
  path?(path: string): string;
  /** Names in a folder; none where there is no folder. */
  list(folder: string): Promise<string[]>;
  /** Runs `work` while nobody else, in this process or another, holds the same lock. */
  lock<T>(path: string, work: () => Promise<T>): Promise<T>;
}

export interface HubWriter {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A lock whose holder has not touched it for so long belongs to a process that died. */
const STALE_MS = 20_000;
const TOUCH_MS = 5_000;

/**
 * The hub's cache on disk (Node, Deno). `root` is what `HF_HUB_CACHE` names, or `HF_HOME`/hub, or
 * ~/.cache/huggingface/hub.
 */
export async function nodeHubStorage(root?: string): Promise<HubStorage> {
  const files = await nodeFiles();
  const folder = root ?? defaultCache();
  await files.mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
  const home = await files.realpath(folder);
  const at = (path: string) => `${home}/${path}`;
  const makeParent = (path: string) =>
    files.mkdir(at(path).replace(/\/[^/]*$/, ''), { recursive: true });
  /** The file that a path leads to, if it lies in the cache: links may have been planted. */
  const follow = async (path: string): Promise<string | undefined> => {
    const real = await files.realpath(at(path)).catch(() => undefined);
    return real?.replaceAll('\\', '/').startsWith(`${home.replaceAll('\\', '/')}/`)
      ? real
      : undefined;
  };
  const guarded = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw unwritable(at(path), cause);
    }
  };
  return {
    name: home,
    path: at,
    async size(path) {
      const real = await follow(path);
      const stat = await files.stat(real ?? '').catch(() => undefined);
      return stat?.isFile() ? stat.size : undefined;
    },
    async source(path) {
      return bytesFromPath((await follow(path)) ?? at(path));
    },
    append: (path, from) =>
      guarded(path, async () => {
        await makeParent(path);
        const stat = await files.lstat(at(path)).catch(() => undefined);
        // Writing through a link would overwrite what it points to.
        if (stat !== undefined && !stat.isFile()) await files.rm(at(path));
        const handle = await files.open(at(path), from > 0 ? 'r+' : 'w');
        await handle.truncate(from);
        let position = from;
        return {
          write: (bytes) =>
            guarded(path, async () => {
              for (let done = 0; done < bytes.length; ) {
                const { bytesWritten } = await handle.write(
                  bytes,
                  done,
                  bytes.length - done,
                  position,
                );
                done += bytesWritten;
                position += bytesWritten;
              }
            }),
          close: () =>
            guarded(path, async () => {
              await handle.sync().finally(() => handle.close());
            }),
        };
      }),
    rename: (from, to) => guarded(to, () => files.rename(at(from), at(to))),
    remove: (path) => guarded(path, () => files.rm(at(path), { force: true })),
    link: (target, path) =>
      guarded(path, async () => {
        await makeParent(path);
        await files.rm(at(path), { force: true });
        // Windows lets only some users make links; there the snapshot holds a copy, as Python's does.
        await files
          .symlink(relative(path, target), at(path))
          .catch(() => files.copyFile(at(target), at(path)));
      }),
    list: async (path) => files.readdir(at(path)).catch(() => []),
    async lock(path, work) {
      await guarded(path, () => makeParent(path));
      const file = at(path);
      for (;;) {
        const handle = await files.open(file, 'wx').catch((cause: unknown) => {
          if ((cause as { code?: string }).code === 'EEXIST') return undefined;
          throw unwritable(file, cause);
        });
        if (handle !== undefined) {
          await handle.close();
          break;
        }
        const stat = await files.stat(file).catch(() => undefined);
        if (stat !== undefined && Date.now() - stat.mtimeMs > STALE_MS) {
          await files.rm(file, { force: true });
        } else await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const touch = setInterval(() => {
        const now = new Date();
        files.utimes(file, now, now).catch(() => undefined);
      }, TOUCH_MS);
      try {
        return await work();
      } finally {
        clearInterval(touch);
        await files.rm(file, { force: true });
      }
    },
  };
}

function defaultCache(): string {
  const { env } = globalThis.process;
  const said = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || `${hubHome(env)}/hub`;
  const home = globalThis.process.getBuiltinModule('node:os').homedir();
  return said.replace(/^~(?=\/|$)/, home);
}

/** The way from the folder of one path to another path. */
function relative(from: string, to: string): string {
  const [a, b] = [from.split('/'), to.split('/')];
  while (a.length > 1 && a[0] === b[0]) {
    a.shift();
    b.shift();
  }
  return '../'.repeat(a.length - 1) + b.join('/');
}

function unwritable(path: string, cause: unknown): AttuneError {
  if (cause instanceof AttuneError) return cause;
  const code = (cause as { code?: string }).code;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AttuneError(
    full ? 'storage-full' : 'storage-unwritable',
    full ? `There is no room for ${path}.` : `${path} cannot be written: ${why}`,
    full
      ? 'Free some space, or set HF_HUB_CACHE to a larger disk; the download goes on where it stopped.'
      : 'Check that you may write there, or set HF_HUB_CACHE to a folder of yours.',
    { cause },
  );
}
