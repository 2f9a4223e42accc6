import { AttuneError } from '@attune/gpu';
import { checkFileName, type ModelFolder } from './folder.ts';
import {
  type HubRepo,
  isCommit,
  keptRepo,
  type RepoRecord,
  recordPath,
  snapshotFolder,
  writeText,
} from './hub-cache.ts';
import { downloadBlob, type HubBlob } from './hub-download.ts';
import { askDetails, type FileDetails, fileDetails } from './hub-mirror.ts';
import {
  type Asked,
  type HubTransport,
  Retry,
  requestJson,
  throwIfAborted,
} from './hub-request.ts';
import type { HubStorage } from './hub-storage.ts';

export interface HubOptions {
  /** Where downloads are kept: `await nodeHubStorage()`, or one made of OPFS. */
  storage: HubStorage;
  /** A branch, a tag or a commit. */
  revision?: string;
  /** For gated and private models; sent to the endpoint only, kept nowhere. */
  token?: string;
  /** Which GGUF of a repository with several. */
  file?: string;
  /** Only what is in the cache. */
  offline?: boolean;
  /** The hub, or a mirror of it. Default https://huggingface.co. */
  endpoint?: string;
  onProgress?: HubTransport['onProgress'];
  /** Called with a sentence where something else is done than was asked, such as taking an older copy. */
  onNotice?: (sentence: string) => void;
  signal?: AbortSignal;
  fetch?: typeof fetch;
  tries?: number;
  stallSeconds?: number;
  leastBytes?: number;
  wait?: HubTransport['wait'];
}

/** Seconds that the hub may take to say what a repository holds; less where a copy waits. */
const patience = { alone: 10, cached: 5 };

/** Whether a text has the form of a hub id: owner/name. */
export function isHubId(text: string): boolean {
  return /^[\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95}$/.test(text) && !text.includes('..');
}

/**
 * Finds a repository: what the hub says of the revision; what the cache holds where no connection is wanted or to be
 * had, or where `isWhole` finds all of a commit there, which cannot change.
 */
export async function openRepo(
  kind: Asked['kind'],
  id: string,
  options: HubOptions,
  isWhole: (folder: ModelFolder) => Promise<boolean>,
): Promise<HubRepo> {
  const { storage, revision = 'main' } = options;
  if (!isHubId(id) || !/^[\w.-][\w./-]*$/.test(revision) || revision.includes('..')) {
    throw new AttuneError(
      'invalid-hub-id',
      `${JSON.stringify(`${id}@${revision}`.slice(0, 200))} is not a ${kind} of the hub.`,
      'Give owner/name, and a branch, tag or commit as the revision.',
    );
  }
  const home = `${kind === 'model' ? 'models' : 'datasets'}--${id.replace('/', '--')}`;
  const kept = await keptRepo(storage, home, id, revision);
  if (kept && isCommit(revision) && (await isWhole(kept.folder))) return kept;
  if (options.offline) return kept ?? notCached(kind, id, revision, storage);
  const what: Asked = { kind, id, revision };
  const transport = transportOf(options);
  const place = kind === 'model' ? 'models' : 'datasets';
  const url = `${transport.endpoint}/api/${place}/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  try {
    const seconds = Math.min(patience[kept ? 'cached' : 'alone'], transport.stallSeconds);
    // Where a copy waits, a hub in trouble is not asked again and again.
    const asking = kept ? { ...transport, tries: 1 } : transport;
    const listing = readListing(await requestJson(what, url, asking, seconds), what);
    return askedRepo(listing, what, home, options, transport);
  } catch (error) {
    const passing = error instanceof Retry || (error as AttuneError).code === 'hub-not-json';
    if (!passing) throw error;
    const why = (error as Error).message.replace(/\.$/, '');
    if (kept) {
      options.onNotice?.(
        `${why}: the copy of ${id} in ${storage.name} is taken (commit ${kept.commit.slice(0, 12)}).`,
      );
      return kept;
    }
    if (error instanceof AttuneError) throw error;
    throw new AttuneError(
      (error as Retry).code,
      `The ${kind} ${id} could not be loaded: ${why}, and ${storage.name} has no copy.`,
      'Check the connection (behind a proxy set HTTPS_PROXY, for a mirror HF_ENDPOINT), or name a folder on this machine.',
      { cause: error },
    );
  }
}

interface Listing {
  commit: string;
  files: Map<string, FileDetails | undefined>;
  card: Record<string, unknown> | undefined;
}

/** Reads what the hub says about a revision; every name, size and digest is checked before it is used. */
function readListing(json: unknown, { id }: Asked): Listing {
  const { sha, siblings, cardData } = (json ?? {}) as Record<string, unknown>;
  if (typeof sha !== 'string' || !isCommit(sha) || !Array.isArray(siblings)) {
    throw new AttuneError(
      'hub-refused',
      `What the hub says about ${id} is not understood.`,
      'Check the endpoint (HF_ENDPOINT), or try again later.',
    );
  }
  const files: Listing['files'] = new Map();
  for (const entry of siblings as Record<string, unknown>[]) {
    const { rfilename: name, size, blobId, lfs } = entry ?? {};
    if (typeof name !== 'string') continue;
    if (!name.includes('/')) checkFileName(name, id);
    // In folders, where little is looked for, an odd name is no reason to refuse the rest.
    else if (name.split('/').some(isOdd)) continue;
    const digest = (lfs as { sha256?: unknown } | undefined)?.sha256 ?? blobId;
    // Some mirrors name the files only: the rest is asked for file by file.
    files.set(name, fileDetails(size, digest));
  }
  const card = typeof cardData === 'object' && cardData !== null ? cardData : undefined;
  return { commit: sha, files, card: card as Record<string, unknown> | undefined };
}

const isOdd = (part: string): boolean =>
  part === '' || part === '.' || part === '..' || /[\\:\p{Cc}]/u.test(part);

function askedRepo(
  { commit, files, card }: Listing,
  what: Asked,
  home: string,
  options: HubOptions,
  transport: HubTransport,
): HubRepo {
  const { storage } = options;
  const { id, revision } = what;
  const snapshot = `${home}/snapshots/${commit}`;
  const blobOf = async (file: string): Promise<HubBlob> => {
    const place = what.kind === 'model' ? '' : 'datasets/';
    const path = file.split('/').map(encodeURIComponent).join('/');
    const url = `${transport.endpoint}/${place}${id}/resolve/${commit}/${path}`;
    const asked = { ...what, file };
    const details = files.get(file) ?? (await askDetails(asked, url, transport));
    return { what: asked, file, url, path: `${home}/blobs/${details.digest.hex}`, ...details };
  };
  const load = async (file: string): Promise<void> => {
    const blob = await blobOf(file);
    const linked = (await storage.size(`${snapshot}/${file}`)) === blob.size;
    if (linked && (await storage.size(blob.path)) === blob.size) return;
    await storage.lock(`.locks/${blob.path}.lock`, async () => {
      throwIfAborted(options.signal);
      // Another process may have loaded it while this one waited.
      if ((await storage.size(blob.path)) !== blob.size) await downloadBlob(blob, transport);
      await storage.link(blob.path, `${snapshot}/${file}`);
    });
  };
  return {
    id,
    commit,
    names: [...files.keys()],
    card,
    folder: snapshotFolder(storage, snapshot, id),
    async get(file) {
      if (!files.has(file)) {
        throw new AttuneError(
          'hub-not-found',
          `${id} has no file ${file}.`,
          'Check the name, or choose another revision.',
        );
      }
      await orAborted(load(file), options.signal);
      return `${snapshot}/${file}`;
    },
    async settle() {
      const ref = `${home}/refs/${revision}`;
      if (!isCommit(revision)) {
        await storage.lock(`.locks/${ref}.lock`, () => writeText(storage, ref, commit));
      }
      // Which files a data set has, for when there is no connection.
      if (what.kind === 'data set') {
        const record: RepoRecord = { names: [...files.keys()], configs: card?.configs };
        await writeText(storage, recordPath(home, commit), JSON.stringify(record));
      }
    },
  };
}

function notCached(kind: string, id: string, revision: string, storage: HubStorage): never {
  throw new AttuneError(
    'not-cached',
    `The ${kind} ${id} at ${revision} is not in ${storage.name}, and the hub is not asked (HF_HUB_OFFLINE).`,
    'Load it once with a connection, or name a folder on this machine.',
  );
}

/** Ends at once when the signal is aborted, also while another process holds the file's lock. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let abort: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    abort = () => {
      try {
        throwIfAborted(signal);
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener('abort', abort);
  });
  try {
    throwIfAborted(signal);
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', abort);
    // What is left behind ends by the signal too.
    work.catch(() => undefined);
  }
}

function transportOf(options: HubOptions): HubTransport {
  const { token } = options;
  return {
    storage: options.storage,
    endpoint: (options.endpoint ?? 'https://huggingface.co').replace(/\/+$/, ''),
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    tries: options.tries ?? 5,
    stallSeconds: options.stallSeconds ?? 30,
    leastBytes: options.leastBytes ?? 1024,
    wait: options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    ...(options.signal && { signal: options.signal }),
    ...(options.onProgress && { onProgress: options.onProgress }),
  };
}
