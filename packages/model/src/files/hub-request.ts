import { AttuneError, type ErrorCode } from '@attune/gpu';
import type { HubStorage } from './hub-storage.ts';

/** How to reach the hub, and how patient to be. */
export interface HubTransport {
  storage: HubStorage;
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

/** A response that is worth looking at; refusals become errors, passing troubles a Retry. */
export async function request(
  url: string,
  headers: Record<string, string>,
  transport: HubTransport,
  stop: AbortController,
): Promise<Response> {
  const patience = setTimeout(() => stop.abort(), transport.stallSeconds * 1000);
  const abort = () => stop.abort();
  transport.signal?.addEventListener('abort', abort, { signal: stop.signal });
  throwIfAborted(transport.signal);
  let response: Response;
  try {
    response = await transport.fetch(url, { headers, signal: stop.signal });
  } catch (cause) {
    throwIfAborted(transport.signal);
    throw new Retry('hub-unreachable', `the hub cannot be reached (${reason(cause)})`);
  } finally {
    clearTimeout(patience);
  }
  const { status } = response;
  if (response.ok || status === 416) return response;
  stop.abort();
  if (status === 429 || status === 408 || status >= 500) {
    const after = Number(response.headers.get('retry-after'));
    const milliseconds = after > 0 ? Math.min(after, 300) * 1000 : undefined;
    throw new Retry('hub-refused', `the hub answered ${status}`, milliseconds);
  }
  if (status === 404) {
    throw new AttuneError(
      'hub-not-found',
      `${url} is not there.`,
      'Check the name and the revision.',
    );
  }
  throw new AttuneError(
    status === 401 || status === 403 ? 'hub-forbidden' : 'hub-refused',
    `The hub answered ${status} for ${url}.`,
    'The model may be private or gated: accept its terms on its page, and set HF_TOKEN to a token that may read it.',
  );
}

/** Tries a request several times, for what is not resumed: the hub's JSON. */
export async function requestJson(
  what: { file: string },
  url: string,
  transport: HubTransport,
): Promise<unknown> {
  for (let failed = 1; ; failed++) {
    const stop = new AbortController();
    try {
      const response = await request(url, transport.headers, transport, stop);
      return await response.json();
    } catch (error) {
      if (error instanceof AttuneError) throw error;
      throwIfAborted(transport.signal);
      const again =
        error instanceof Retry ? error : new Retry('hub-refused', 'the hub’s answer is not JSON');
      if (failed >= transport.tries) throw failure(what, again);
      await transport.wait(again.milliseconds ?? Math.min(30_000, 500 * 2 ** failed));
    } finally {
      stop.abort();
    }
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
  return inner instanceof Error ? inner.message : String(inner);
}
