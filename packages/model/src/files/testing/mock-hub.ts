import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  range: string | undefined;
  token: string | undefined;
}

/** Answers one request for a file in a way of its own; true when it has. */
export type Trouble = (
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
) => boolean | undefined;

/** A hub on 127.0.0.1 with one repository, honest unless a trouble is queued for its next answer. */
export interface MockHub {
  endpoint: string;
  asked: Asked[];
  /** One for each coming request of a file, first in first out; undefined answers honestly. */
  troubles: (Trouble | undefined)[];
  /** Changes what the API says of a revision. */
  listing: (honest: Record<string, unknown>) => unknown;
  /** Whether the answer to HEAD states size and digest, as the hub's does. */
  details: boolean;
  /** Answers a request for what a repository holds in a way of its own; true when it has. */
  refuse: ((response: ServerResponse) => boolean) | undefined;
  close(): Promise<void>;
}

export const COMMIT = 'c'.repeat(40);

const sha = (kind: string, ...parts: (string | Uint8Array)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash(kind)).digest('hex');

export async function mockHub(files: ReadonlyMap<string, Uint8Array>): Promise<MockHub> {
  const siblings = [...files].map(([rfilename, bytes]) => ({
    rfilename,
    size: bytes.length,
    blobId: sha('sha1', `blob ${bytes.length}\0`, bytes),
    // Large files are stored by SHA-256, small ones by git.
    ...(/safetensors|gguf/.test(rfilename) && { lfs: { sha256: sha('sha256', bytes) } }),
  }));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    const { method = '', headers } = request;
    hub.asked.push({ method, path, range: headers.range, token: headers.authorization });
    if (/^\/api\/(models|datasets)\//.test(path)) {
      if (hub.refuse?.(response)) return;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(hub.listing({ sha: COMMIT, siblings })));
      return;
    }
    const bytes = files.get(/\/resolve\/[^/]+\/(.*)$/.exec(path)?.[1] ?? '');
    if (bytes === undefined) {
      response.statusCode = 404;
      response.end();
      return;
    }
    if (method === 'HEAD') {
      if (hub.details) stateDetails(response, siblings, path, bytes);
      response.end();
      return;
    }
    const trouble = hub.troubles.shift();
    if (trouble?.(request, response, bytes)) return;
    serve(request, response, bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: MockHub = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    troubles: [],
    listing: (honest) => honest,
    details: false,
    refuse: undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return hub;
}

interface Sibling {
  rfilename: string;
  blobId: string;
  lfs?: { sha256: string };
}

/** Small files are answered for, large ones pointed to elsewhere. */
function stateDetails(
  response: ServerResponse,
  siblings: readonly Sibling[],
  path: string,
  bytes: Uint8Array,
): void {
  const { blobId, lfs } = siblings.find(({ rfilename }) => path.endsWith(`/${rfilename}`))!;
  if (lfs) {
    response.statusCode = 302;
    response.setHeader('location', 'https://elsewhere.invalid/blob');
    response.setHeader('x-linked-size', bytes.length);
    response.setHeader('x-linked-etag', `"${lfs.sha256}"`);
  } else {
    response.setHeader('content-length', bytes.length);
    response.setHeader('etag', `W/"${blobId}"`);
  }
}

/** A whole file, or the part from the byte that is asked for. */
function serve(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  response.setHeader('content-type', 'application/octet-stream');
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(start)) {
    response.end(bytes);
    return;
  }
  response.statusCode = 206;
  response.setHeader('content-range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
  response.end(bytes.subarray(start));
}
