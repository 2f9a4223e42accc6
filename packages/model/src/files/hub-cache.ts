import { AttuneError } from '@attune/gpu';
import { readText } from './bytes.ts';
import { checkFileName, type ModelFolder } from './folder.ts';
import type { HubStorage } from './hub-storage.ts';

/** A repository of the hub at one revision, as far as it was asked for: from the hub, or from the cache. */
export interface HubRepo {
  readonly id: string;
  readonly commit: string;
  /** Names of its files, those in folders with `/`; from the cache, of those that were loaded. */
  readonly names: readonly string[];
  /** What its card (README.md) says, where the hub stated it. */
  readonly card: Record<string, unknown> | undefined;
  /** Brings a file into the cache, and gives its path there. @throws AttuneError those of `downloadModel` */
  get(file: string): Promise<string>;
  /** The files that are in the cache, as a folder. */
  readonly folder: ModelFolder;
  /** To be called when all is there: from now on the revision stands for this commit, also without a connection. */
  settle(): Promise<void>;
}

/** What is kept of a data set beside its files. */
export interface RepoRecord {
  names?: unknown;
  configs?: unknown;
}

export const recordPath = (home: string, commit: string): string => `${home}/attune/${commit}.json`;

/** Whether a revision is a commit, which cannot change. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** What the cache holds of a revision, if anything. */
export async function keptRepo(
  storage: HubStorage,
  home: string,
  id: string,
  revision: string,
): Promise<HubRepo | undefined> {
  const ref = `${home}/refs/${revision}`;
  const there = (await storage.size(ref)) !== undefined;
  const commit = there ? (await readText(await storage.source(ref))).trim() : revision;
  if (!isCommit(commit)) return undefined;
  const snapshot = `${home}/snapshots/${commit}`;
  const names = await filesBelow(storage, snapshot);
  if (names.length === 0) return undefined;
  const record = await readRecord(storage, recordPath(home, commit));
  const listed = Array.isArray(record?.names) ? record.names.map(String) : names;
  return {
    id,
    commit,
    names: listed,
    card: record && { configs: record.configs },
    folder: snapshotFolder(storage, snapshot, id),
    async get(file) {
      if (names.includes(file)) return `${snapshot}/${file}`;
      throw new AttuneError(
        'not-cached',
        `${file} of ${id} is not in ${storage.name}.`,
        'Load it once with a connection (and without HF_HUB_OFFLINE).',
      );
    },
    async settle() {},
  };
}

async function readRecord(storage: HubStorage, path: string): Promise<RepoRecord | undefined> {
  if ((await storage.size(path)) === undefined) return undefined;
  try {
    const record: unknown = JSON.parse(await readText(await storage.source(path)));
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Files below a folder of the storage. */
async function filesBelow(storage: HubStorage, folder: string, deepest = 8): Promise<string[]> {
  const found: string[] = [];
  for (const name of await storage.list(folder)) {
    const path = `${folder}/${name}`;
    if ((await storage.size(path)) !== undefined) found.push(name);
    else if (deepest > 0) {
      found.push(
        ...(await filesBelow(storage, path, deepest - 1)).map((file) => `${name}/${file}`),
      );
    }
  }
  return found.sort();
}

export function snapshotFolder(storage: HubStorage, snapshot: string, id: string): ModelFolder {
  const list = async () => (await storage.list(snapshot)).sort();
  const path = storage.path?.(snapshot);
  return {
    name: id,
    ...(path !== undefined && { path }),
    list,
    has: async (file) => (await list()).includes(file),
    async open(file) {
      checkFileName(file, id);
      if ((await storage.size(`${snapshot}/${file}`)) === undefined) {
        throw new AttuneError(
          'file-not-found',
          `${id} has no ${file} in ${storage.name}.`,
          'Load the model again with a connection.',
        );
      }
      return storage.source(`${snapshot}/${file}`);
    },
  };
}

export async function writeText(storage: HubStorage, path: string, text: string): Promise<void> {
  const writer = await storage.append(`${path}.incomplete`, 0);
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  await storage.rename(`${path}.incomplete`, path);
}
