import { AttuneError } from '@attune/gpu';
import type { FileDetails } from './hub-mirror.ts';
import {
  type Asked,
  failure,
  type HubTransport,
  Retry,
  reason,
  request,
  throwIfAborted,
} from './hub-request.ts';
import type { HubStorage } from './hub-storage.ts';
import { sha256 } from './sha256.ts';

/** One file of the hub: where it comes from, where it goes, and what proves that it is the right one. */
export interface HubBlob extends FileDetails {
  what: Asked;
  file: string;
  url: string;
  /** The blob's path in the storage; `.incomplete` beside it while it is loaded. */
  path: string;
}

/**
 * Loads one blob: goes on where an earlier try stopped (in this run or another), checks size and digest on what
 * was stored, and only then gives the file its name.
 * @throws AttuneError `hub-unreachable`, `hub-stalled`, `hub-corrupt`, `hub-refused`, `hub-not-found`,
 * `hub-forbidden`, `hub-not-a-file`, `storage-full`, `aborted`
 */
export async function downloadBlob(blob: HubBlob, transport: HubTransport): Promise<void> {
  const { storage, tries, wait } = transport;
  const partial = `${blob.path}.incomplete`;
  let corrupt = 0;
  for (let failed = 0; ; ) {
    const before = (await storage.size(partial)) ?? 0;
    try {
      await fill(blob, partial, before, transport);
      if (await isRight(blob, partial, storage)) break;
      await storage.remove(partial);
      throw new Retry(
        'hub-corrupt',
        `its ${blob.size} bytes do not have the digest that the hub states`,
      );
    } catch (error) {
      if (!(error instanceof Retry)) throw error;
      if (error.code === 'hub-corrupt') corrupt++;
      const progress = ((await storage.size(partial)) ?? 0) - before >= transport.leastBytes;
      failed = progress ? 1 : failed + 1;
      if (failed >= tries || corrupt >= 2) throw failure(blob, error);
      await wait(error.milliseconds ?? Math.min(30_000, 500 * 2 ** failed));
    }
  }
  await storage.rename(partial, blob.path);
}

/** Brings the partial file to its full length. */
async function fill(
  blob: HubBlob,
  partial: string,
  before: number,
  transport: HubTransport,
): Promise<void> {
  const { storage } = transport;
  if (before === blob.size && before > 0) return;
  if (before > blob.size) await storage.remove(partial);
  const start = before > blob.size ? 0 : before;
  const stop = new AbortController();
  const response = await request(blob.what, blob.url, transport, stop, {
    ...(start > 0 && { headers: { Range: `bytes=${start}-` } }),
  });
  try {
    if (response.status === 416) {
      await storage.remove(partial);
      throw new Retry('hub-refused', 'the hub has no bytes from where an earlier try stopped');
    }
    checkBody(blob, response);
    // 200 to a request for a part: the server sends the whole file again.
    const from = response.status === 206 ? start : 0;
    if (response.status === 206 && !startsAt(response, start)) {
      await storage.remove(partial);
      throw new Retry('hub-corrupt', 'the hub sent another part than was asked for');
    }
    await copy(blob, response, partial, from, transport);
  } finally {
    stop.abort();
  }
}

async function copy(
  blob: HubBlob,
  response: Response,
  partial: string,
  from: number,
  transport: HubTransport,
): Promise<void> {
  const { storage, onProgress } = transport;
  const writer = await storage.append(partial, from);
  let done = from;
  try {
    for await (const bytes of arriving(response, transport)) {
      done += bytes.length;
      if (done > blob.size) break;
      await writer.write(bytes);
      onProgress?.({ file: blob.file, done, total: blob.size });
    }
  } finally {
    await writer.close();
  }
  if (done > blob.size) {
    await storage.remove(partial);
    throw new Retry('hub-corrupt', `more than its ${blob.size} bytes arrived`);
  }
  if (done < blob.size) {
    throw new Retry('hub-unreachable', `the connection ended at byte ${done} of ${blob.size}`);
  }
}

/** The body's pieces; ends in a Retry when they come too slowly or stop coming. */
async function* arriving(
  response: Response,
  transport: HubTransport,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const span = transport.stallSeconds * 1000;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slow = () =>
    new Retry(
      'hub-stalled',
      `fewer than ${transport.leastBytes} bytes came in ${transport.stallSeconds} s`,
    );
  let late: () => void = () => {};
  const stalled = new Promise<never>((_, reject) => {
    late = () => reject(slow());
  });
  stalled.catch(() => undefined);
  let inSpan = 0;
  const watch = () => {
    timer = setTimeout(() => {
      if (inSpan < transport.leastBytes) return late();
      inSpan = 0;
      watch();
    }, span);
  };
  watch();
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), stalled]).catch((cause: unknown) => {
        if (cause instanceof Retry) throw cause;
        throwIfAborted(transport.signal);
        throw new Retry('hub-unreachable', `the connection broke (${reason(cause)})`);
      });
      if (next.done) return;
      inSpan += next.value.length;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined);
  }
}

function checkBody(blob: HubBlob, response: Response): void {
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('text/html') || blob.file.endsWith('.html')) return;
  throw new AttuneError(
    'hub-not-a-file',
    `A web page came in place of ${blob.file}.`,
    'Something between here and the hub answers for it (a sign-in page, a proxy): open the hub in a browser first.',
  );
}

function startsAt(response: Response, start: number): boolean {
  return response.headers.get('content-range')?.startsWith(`bytes ${start}-`) === true;
}

/** Reads back what was stored, so that a failing disk is noticed as well as a failing wire. */
async function isRight(blob: HubBlob, path: string, storage: HubStorage): Promise<boolean> {
  const source = await storage.source(path);
  if (source.size !== blob.size) return false;
  if (blob.digest.kind === 'git') {
    const head = new TextEncoder().encode(`blob ${blob.size}\0`);
    const all = new Uint8Array(head.length + blob.size);
    all.set(head);
    all.set(await source.read(0, blob.size), head.length);
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-1', all));
    return blob.digest.hex === [...sum].map((v) => v.toString(16).padStart(2, '0')).join('');
  }
  const hash = sha256();
  const piece = 4 * 1024 * 1024;
  for (let at = 0; at < blob.size; at += piece) {
    hash.update(await source.read(at, Math.min(piece, blob.size - at)));
  }
  return hash.hex() === blob.digest.hex;
}
