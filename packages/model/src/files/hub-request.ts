import { printable } from '@attune/data';
import { AttuneError, type ErrorCode } from '@attune/gpu';
import type { HubStorage } from './hub-storage.ts';

/** How to reach the hub, and how patient to be. */
export interface HubTransport {
  storage: HubStorage;
  endpoint: string;
  headers: Record<string, string>;
  fetch: typeof fetch;
  /** Tries without progress before giving up. */
  tries: number;
  /** In every such span at least `leastBytes` must arrive. */
  stallSeconds: number;
  leastBytes: number;
  wait: (milliseconds: number) => Promise<void>;
  signal?: AbortSignal;
  onProgress?: (progress: { file: string; done: number; total: number }) => void;
}

/** What is asked for, as messages name it. */
export interface Asked {
  kind: 'model' | 'data set';
  id: string;
  revision: string;
  /** A file of it; else it is asked for as a whole. */
  file?: string;
}

/** Something that another try may mend; `why` ends up in the error if none does. */
export class Retry extends Error {
  readonly code: ErrorCode;
  readonly milliseconds: number | undefined;
  constructor(code: ErrorCode, why: string, milliseconds?: number) {
    super(why);
    this.code = code;
    this.milliseconds = milliseconds;
  }
}

export interface RequestOptions {
  headers?: Record<string, string>;
  /** Seconds until an answer must begin. */
  patience?: number;
  /** Only the headers of the answer, also of one that points elsewhere. */
  head?: boolean;
}

/** A response that is worth looking at; refusals become errors, passing troubles a Retry. */
export async function request(
  what: Asked,
  url: string,
  transport: HubTransport,
  stop: AbortController,
  { headers = {}, patience = transport.stallSeconds, head = false }: RequestOptions = {},
): Promise<Response> {
  const timer = setTimeout(() => stop.abort(), patience * 1000);
  const abort = () => stop.abort();
  transport.signal?.addEventListener('abort', abort, { signal: stop.signal });
  throwIfAborted(transport.signal);
  let response: Response;
  try {
    response = await transport.fetch(url, {
      headers: { ...transport.headers, ...headers },
      signal: stop.signal,
      ...(head && { method: 'HEAD', redirect: 'manual' }),
    });
  } catch (cause) {
    throwIfAborted(transport.signal);
    const why = stop.signal.aborted ? `no answer in ${patience} s` : reason(cause);
    throw new Retry('hub-unreachable', `${transport.endpoint} cannot be reached (${why})`);
  } finally {
    clearTimeout(timer);
  }
  const { status } = response;
  if (response.ok || status === 416 || (head && status >= 300 && status < 400)) return response;
  stop.abort();
  if (status === 429 || status === 408 || status >= 500) {
    const after = Number(response.headers.get('retry-after'));
    const milliseconds = after > 0 ? Math.min(after, 300) * 1000 : undefined;
    throw new Retry('hub-refused', `${transport.endpoint} answered ${status}`, milliseconds);
  }
  throw refusal(what, url, response, transport);
}

/**
 * What a refusal means. The hub does not tell whether there is a repository that one may not see: it answers 401 for
 * names that nobody has.
 */
function refusal(
  { kind, id, revision, file }: Asked,
  url: string,
  { status, headers }: Response,
  { endpoint, headers: sent }: HubTransport,
): AttuneError {
  const said = headers.get('x-error-code') ?? '';
  const words = printable(headers.get('x-error-message') ?? '', 200);
  const withToken = 'Authorization' in sent;
  const page = `${endpoint}/${kind === 'model' ? '' : 'datasets/'}${id}`;
  const login = 'set HF_TOKEN, or run `hf auth login`';
  if (/invalid .*(credentials|token|password)/i.test(words) && status === 401) {
    return new AttuneError(
      'hub-forbidden',
      `${endpoint} does not accept the token that was sent: ${words}.`,
      'Set HF_TOKEN to a token that is valid, or remove it (and the file `token` of HF_HOME) for public models.',
    );
  }
  if (said === 'GatedRepo') {
    return new AttuneError(
      'hub-forbidden',
      `The ${kind} ${id} is gated${withToken ? ', and the token that was sent may not read it' : ''}.`,
      `Accept its terms at ${page}${withToken ? '' : `, and ${login}`}.`,
    );
  }
  if (said === 'RevisionNotFound') {
    return new AttuneError(
      'hub-not-found',
      `The ${kind} ${id} has no revision ${revision}.`,
      `Its branches and tags stand at ${page}/tree/main.`,
    );
  }
  if (said === 'EntryNotFound' || (status === 404 && file !== undefined)) {
    return new AttuneError(
      'hub-not-found',
      `The ${kind} ${id} has no file ${file ?? ''} at ${revision}.`,
      'Check the name, or choose another revision.',
    );
  }
  if (status === 401 || status === 403 || status === 404) {
    return new AttuneError(
      status === 404 || said === 'RepoNotFound' ? 'hub-not-found' : 'hub-forbidden',
      `${endpoint} shows no ${kind} ${id} (${status}): it is gated, private or misspelt.${words ? ` It says: ${words}` : ''}`,
      withToken
        ? `Check the name at ${page}; the token that was sent may not be allowed to read it.`
        : `Check the name at ${page}; for a gated or private one ${login}.`,
    );
  }
  return new AttuneError(
    'hub-refused',
    `The hub answered ${status} for ${url}.${words ? ` It says: ${words}` : ''}`,
    'Try again later, or look at the address in a browser.',
  );
}

/**
 * The hub's JSON, which is not resumed. A connection that cannot be made is not tried again: whoever has a copy wants
 * it at once.
 *
 * @throws AttuneError `hub-not-json` and those of `request`; Retry when the last try has failed
 */
export async function requestJson(
  what: Asked,
  url: string,
  transport: HubTransport,
  patience: number,
): Promise<unknown> {
  for (let failed = 1; ; failed++) {
    const stop = new AbortController();
    try {
      const response = await request(what, url, transport, stop, { patience });
      return parse(await response.text(), response, url);
    } catch (error) {
      if (error instanceof AttuneError) throw error;
      throwIfAborted(transport.signal);
      const again =
        error instanceof Retry ? error : new Retry('hub-unreachable', `${url}: ${reason(error)}`);
      if (again.code === 'hub-unreachable' || failed >= transport.tries) throw again;
      await transport.wait(again.milliseconds ?? Math.min(30_000, 500 * 2 ** failed));
    } finally {
      stop.abort();
    }
  }
}

function parse(text: string, response: Response, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const page =
      /^\s*<(!doctype|html)/i.test(text) || /html/.test(response.headers.get('content-type') ?? '');
    throw new AttuneError(
      'hub-not-json',
      `${url} answered with ${page ? 'a web page' : `“${printable(text, 60)}”`} in place of JSON.`,
      'Something answers for the hub (a sign-in page, a proxy), or HF_ENDPOINT names no mirror of it: open the address in a browser.',
      { cause },
    );
  }
}

/** The error when the last try has failed. */
export function failure(what: { file: string }, last: Retry): AttuneError {
  return new AttuneError(
    last.code,
    `${what.file} could not be loaded from the hub: ${last.message}.`,
    last.code === 'hub-corrupt'
      ? 'What came twice is not what the hub promises: try another network, and tell the model’s owner if it stays so.'
      : 'Try again; what has arrived is kept and the download goes on from there.',
  );
}

/** @throws AttuneError `aborted` */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new AttuneError(
    'aborted',
    'The download was stopped.',
    'Start it again to go on from where it stopped.',
  );
}

/** What a failed fetch says, which hides it in its cause. */
export function reason(cause: unknown): string {
  const inner = (cause as { cause?: unknown }).cause ?? cause;
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}
