import { AttuneError } from '@attune/gpu';
import { readText } from './bytes.ts';
import { checkFileName, type ModelFolder, readJson } from './folder.ts';
import { downloadBlob, type HubBlob } from './hub-download.ts';
import { type HubTransport, requestJson } from './hub-request.ts';
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
  endpoint?: string;
  onProgress?: HubTransport['onProgress'];
  signal?: AbortSignal;
  fetch?: typeof fetch;
  tries?: number;
  stallSeconds?: number;
  leastBytes?: number;
  wait?: HubTransport['wait'];
}

/** Files of a model besides its weights. None of them is code. */
const BESIDE = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'chat_template.json',
];
const INDEX = 'model.safetensors.index.json';

/** Whether a text has the form of a hub id: owner/name. */
export function isHubId(text: string): boolean {
  return /^[\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95}$/.test(text) && !text.includes('..');
}

/**
 * A model of the Hugging Face hub as a folder: its files are loaded into the hub's own cache layout (shared with
 * Python), each resumed where an earlier try stopped and taken only if size and digest are right.
 * Without a connection the cached copy of the revision is used.
 *
 * @throws AttuneError `invalid-hub-id`, `hub-not-found`, `hub-forbidden`, `hub-unreachable`, `hub-stalled`,
 * `hub-corrupt`, `hub-refused`, `hub-not-a-file`, `not-cached`, `ambiguous-weights`, `missing-weights`,
 * `unsafe-file-name`, `storage-full`, `storage-unwritable`, `aborted`
 * @example const model = await openModel(await downloadModel('HuggingFaceTB/SmolLM2-135M', { storage: await nodeHubStorage() }));
 */
export async function downloadModel(id: string, options: HubOptions): Promise<ModelFolder> {
  const { storage, revision = 'main' } = options;
  if (!isHubId(id) || !/^[\w.-][\w./-]*$/.test(revision) || revision.includes('..')) {
    throw new AttuneError(
      'invalid-hub-id',
      `${JSON.stringify(`${id}@${revision}`.slice(0, 200))} is not a model of the hub.`,
      'Give owner/name, and a branch, tag or commit as the revision.',
    );
  }
  const home = `models--${id.replace('/', '--')}`;
  if (options.offline) return cached(storage, home, id, revision);
  const transport = transportOf(options);
  const api = `${endpointOf(options)}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  let listing: Listing;
  try {
    listing = readListing(await requestJson({ file: id }, api, transport), id);
  } catch (error) {
    const code = error instanceof AttuneError ? error.code : '';
    const known = (await storage.size(`${home}/refs/${revision}`)) !== undefined;
    if (code === 'hub-unreachable' && known) return cached(storage, home, id, revision);
    throw error;
  }
  const snapshot = `${home}/snapshots/${listing.commit}`;
  const get = async (file: string): Promise<void> => {
    const blob = blobOf(listing, file, id, home, options);
    const linked = (await storage.size(`${snapshot}/${file}`)) === blob.size;
    if (linked && (await storage.size(blob.path)) === blob.size) return;
    await storage.lock(`.locks/${blob.path}.lock`, async () => {
      // Another process may have loaded it while this one waited.
      if ((await storage.size(blob.path)) !== blob.size) await downloadBlob(blob, transport);
      await storage.link(blob.path, `${snapshot}/${file}`);
    });
  };
  for (const file of BESIDE) if (listing.files.has(file)) await get(file);
  const folder = snapshotFolder(storage, snapshot, id);
  for (const file of await weightFiles(listing, folder, id, options.file, get)) await get(file);
  // Last, so that the ref never names a snapshot that is not whole.
  const ref = `${home}/refs/${revision}`;
  await storage.lock(`.locks/${ref}.lock`, () => writeRef(storage, ref, listing.commit));
  return folder;
}

interface Listing {
  commit: string;
  files: Map<string, { size: number; blobId: string; sha256?: string }>;
}

/** Reads what the hub says about a revision; every name, size and digest is checked before it is used. */
function readListing(json: unknown, id: string): Listing {
  const { sha, siblings } = (json ?? {}) as { sha?: unknown; siblings?: unknown };
  const files: Listing['files'] = new Map();
  const hex = (value: unknown, digits: number): value is string =>
    typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value);
  if (hex(sha, 40) && Array.isArray(siblings)) {
    for (const entry of siblings as Record<string, unknown>[]) {
      const { rfilename, size, blobId, lfs } = entry ?? {};
      // Folders inside a repository (onnx/, original/) hold nothing that is used here.
      if (typeof rfilename !== 'string' || rfilename.includes('/')) continue;
      const digest = (lfs as { sha256?: unknown } | undefined)?.sha256;
      const good =
        typeof size === 'number' &&
        Number.isSafeInteger(size) &&
        size >= 0 &&
        hex(blobId, 40) &&
        (lfs === undefined || lfs === null || hex(digest, 64));
      if (!good) continue;
      checkFileName(rfilename, id);
      files.set(rfilename, { size, blobId, ...(hex(digest, 64) && { sha256: digest }) });
    }
    return { commit: sha, files };
  }
  throw new AttuneError(
    'hub-refused',
    `What the hub says about ${id} is not understood.`,
    'Check the endpoint (HF_ENDPOINT), or try again later.',
  );
}

function blobOf(
  listing: Listing,
  file: string,
  id: string,
  home: string,
  options: HubOptions,
): HubBlob {
  const known = listing.files.get(file);
  if (known === undefined) {
    throw new AttuneError(
      'hub-not-found',
      `${id} has no file ${file}.`,
      'Check the name, or choose another revision.',
    );
  }
  const { size, sha256, blobId } = known;
  return {
    file,
    size,
    url: `${endpointOf(options)}/${id}/resolve/${listing.commit}/${encodeURIComponent(file)}`,
    path: `${home}/blobs/${sha256 ?? blobId}`,
    digest: sha256 === undefined ? { kind: 'git', hex: blobId } : { kind: 'sha256', hex: sha256 },
  };
}

async function weightFiles(
  { files }: Listing,
  folder: ModelFolder,
  id: string,
  wanted: string | undefined,
  get: (file: string) => Promise<void>,
): Promise<string[]> {
  if (wanted !== undefined) return [wanted];
  if (files.has('model.safetensors')) return ['model.safetensors'];
  if (files.has(INDEX)) {
    await get(INDEX);
    const map = (await readJson(folder, INDEX)).weight_map;
    const shards = [...new Set(Object.values((map ?? {}) as Record<string, unknown>))];
    return shards.map((file) => {
      checkFileName(String(file), id);
      return String(file);
    });
  }
  const ggufs = [...files.keys()].filter((file) => /\.gguf$/i.test(file));
  if (ggufs.length === 1) return ggufs;
  throw new AttuneError(
    ggufs.length === 0 ? 'missing-weights' : 'ambiguous-weights',
    ggufs.length === 0
      ? `${id} has no weights in safetensors or GGUF.`
      : `${id} has ${ggufs.length} GGUF files: ${ggufs.slice(0, 12).join(', ')}.`,
    ggufs.length === 0
      ? 'Choose a model with weights in one of these forms (.bin and .pt files run code and are not read).'
      : 'Name the one to use.',
  );
}

async function cached(
  storage: HubStorage,
  home: string,
  id: string,
  revision: string,
): Promise<ModelFolder> {
  const ref = `${home}/refs/${revision}`;
  const there = (await storage.size(ref)) !== undefined;
  const commit = there ? (await readText(await storage.source(ref))).trim() : revision;
  const snapshot = `${home}/snapshots/${commit}`;
  if (/^[0-9a-f]{40}$/.test(commit) && (await storage.list(snapshot)).length > 0) {
    return snapshotFolder(storage, snapshot, id);
  }
  throw new AttuneError(
    'not-cached',
    `${id} at ${revision} is not in ${storage.name}, and the hub is not asked.`,
    'Load it once with a connection.',
  );
}

function snapshotFolder(storage: HubStorage, snapshot: string, id: string): ModelFolder {
  const list = async () => (await storage.list(snapshot)).sort();
  return {
    name: id,
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

async function writeRef(storage: HubStorage, ref: string, commit: string): Promise<void> {
  const writer = await storage.append(`${ref}.incomplete`, 0);
  await writer.write(new TextEncoder().encode(commit));
  await writer.close();
  await storage.rename(`${ref}.incomplete`, ref);
}

function endpointOf(options: HubOptions): string {
  return (options.endpoint ?? 'https://huggingface.co').replace(/\/+$/, '');
}

function transportOf(options: HubOptions): HubTransport {
  const { token } = options;
  return {
    storage: options.storage,
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
