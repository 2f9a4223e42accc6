import { AttuneError } from '@attune/gpu';
import {
  type Asked,
  failure,
  type HubTransport,
  Retry,
  request,
  throwIfAborted,
} from './hub-request.ts';

/** What proves that the bytes of a file are the right ones. */
export interface FileDetails {
  size: number;
  /** SHA-256 of the bytes, for large files; git's SHA-1 of the blob for small ones. */
  digest: { kind: 'sha256' | 'git'; hex: string };
}

/** Size and digest, if they are: 64 digits are a SHA-256, 40 are git's. */
export function fileDetails(size: unknown, digest: unknown): FileDetails | undefined {
  const bytes = typeof size === 'string' && size !== '' ? Number(size) : size;
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) return undefined;
  if (typeof digest !== 'string' || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(digest)) return undefined;
  return { size: bytes, digest: { kind: digest.length === 64 ? 'sha256' : 'git', hex: digest } };
}

const mostRedirects = 5;

/**
 * Asks for the details of one file, as huggingface_hub does: every mirror answers that, also where its listing names
 * files only. Large files lie elsewhere; the answer that points there has their size and digest.
 *
 * @throws AttuneError `hub-refused` and those of `request`
 */
export async function askDetails(
  what: Asked & { file: string },
  url: string,
  transport: HubTransport,
): Promise<FileDetails> {
  let at = url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const { status, headers } = await head(what, at, transport);
    const etag = (headers.get('x-linked-etag') ?? headers.get('etag') ?? '').replace(
      /^(W\/)?"|"$/g,
      '',
    );
    const found = fileDetails(headers.get('x-linked-size') ?? headers.get('content-length'), etag);
    const target = status >= 300 && status < 400 ? headers.get('location') : null;
    if (target?.startsWith('/') && !target.startsWith('//')) at = new URL(target, at).href;
    else if (found) return found;
    else break;
  }
  throw new AttuneError(
    'hub-refused',
    `${transport.endpoint} states neither size nor digest of ${what.file} of ${what.id}, so that a download could not be checked.`,
    'Use another mirror (HF_ENDPOINT), or none.',
  );
}

async function head(
  what: Asked & { file: string },
  url: string,
  transport: HubTransport,
): Promise<Response> {
  for (let failed = 1; ; failed++) {
    const stop = new AbortController();
    try {
      // A packed answer would state the length of what is packed.
      const options = { head: true, headers: { 'Accept-Encoding': 'identity' } };
      return await request(what, url, transport, stop, options);
    } catch (error) {
      if (!(error instanceof Retry)) throw error;
      throwIfAborted(transport.signal);
      if (failed >= transport.tries) throw failure(what, error);
      await transport.wait(error.milliseconds ?? Math.min(30_000, 500 * 2 ** failed));
    } finally {
      stop.abort();
    }
  }
}
