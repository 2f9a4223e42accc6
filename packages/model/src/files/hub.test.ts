import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadModel, type HubOptions, isHubId } from './hub.ts';
import { nodeHubStorage } from './hub-storage.ts';
import { openModel } from './open.ts';
import { concat, faultOf } from './testing/fault.ts';
import { fixture } from './testing/fixture.ts';
import { COMMIT, type MockHub, mockHub, type Trouble } from './testing/mock-hub.ts';

const ID = 'someone/llama-2024';
const HOME = 'models--someone--llama-2024';
const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const files = new Map<string, Uint8Array>();
for (const name of names) {
  files.set(name, new Uint8Array(await readFile(fixture(`llama-2024/${name}`))));
}
const weights = files.get('model.safetensors')!;

let hub: MockHub;
let root: string;
let waits: number[];

beforeEach(async () => {
  hub = await mockHub(files);
  root = await mkdtemp(join(tmpdir(), 'attune-hub-'));
  waits = [];
});
afterEach(async () => {
  await hub.close();
  await rm(root, { recursive: true });
});

async function load(more: Partial<HubOptions> = {}) {
  return downloadModel(ID, {
    storage: await nodeHubStorage(root),
    endpoint: hub.endpoint,
    wait: async (ms) => void waits.push(ms),
    stallSeconds: 0.4,
    ...more,
  });
}

/** Troubles for the weights, which come after the three honest small files. */
const weightTroubles = (...troubles: Trouble[]) => {
  hub.troubles = [undefined, undefined, undefined, ...troubles];
};
const weightRequests = () => hub.asked.filter(({ path }) => path.endsWith('model.safetensors'));

/** Ends the connection after so many bytes, whatever the headers promised. */
const dropAt =
  (count: number): Trouble =>
  (_, response, bytes) => {
    response.setHeader('content-length', bytes.length);
    response.write(bytes.subarray(0, count));
    // A reset overtakes what the client has not read yet.
    setTimeout(() => response.destroy(), 300);
    return true;
  };
const status =
  (code: number, headers: Record<string, string> = {}): Trouble =>
  (_, response) => {
    response.writeHead(code, headers).end();
    return true;
  };
const body =
  (bytes: Uint8Array, headers: Record<string, string> = {}): Trouble =>
  (_, response) => {
    response.writeHead(200, headers).end(bytes);
    return true;
  };
const flipped = weights.slice();
flipped[20_000]! ^= 4;

async function expectWhole(): Promise<void> {
  const blobs = await readdir(join(root, HOME, 'blobs'));
  expect(blobs).toHaveLength(4);
  expect(blobs.filter((name) => name.includes('.'))).toEqual([]);
  const link = join(root, HOME, 'snapshots', COMMIT, 'model.safetensors');
  expect(Buffer.compare(await readFile(link), weights)).toBe(0);
}

describe('a model of the hub', () => {
  it('is loaded into the hub’s cache layout and opens', async () => {
    const seen: number[] = [];
    const folder = await load({ token: 'secret', onProgress: ({ done }) => seen.push(done) });
    const model = await openModel(folder);
    expect(model.config.hiddenSize).toBe(24);
    expect(model.tokenizer.tokenizerConfig?.pad_token).toBe('<|pad|>');
    await expectWhole();
    expect(await readFile(join(root, HOME, 'refs', 'main'), 'utf8')).toBe(COMMIT);
    const target = await readlink(join(root, HOME, 'snapshots', COMMIT, 'config.json'));
    expect(target).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
    expect(Math.max(...seen)).toBe(weights.length);
    expect(hub.asked.every(({ token }) => token === 'Bearer secret')).toBe(true);
  });

  it('is loaded once: afterwards only its listing is asked for', async () => {
    await load();
    hub.asked.length = 0;
    await openModel(await load());
    expect(hub.asked.map(({ path }) => path)).toEqual([
      `/api/models/${ID}/revision/main?blobs=true`,
    ]);
  });

  it('comes from the cache when there is no connection, or none is wanted', async () => {
    expect(await faultOf(() => load({ offline: true }))).toBe('not-cached');
    await load();
    await openModel(await load({ endpoint: 'http://127.0.0.1:9' }));
    await openModel(await load({ offline: true }));
    await openModel(await load({ offline: true, revision: COMMIT }));
    await rm(join(root, HOME, 'snapshots', COMMIT, 'config.json'));
    const folder = await load({ offline: true });
    expect(await faultOf(() => openModel(folder))).toBe('file-not-found');
  });

  it('says that it cannot be reached when it is in no cache either', async () => {
    expect(await faultOf(() => load({ endpoint: 'http://127.0.0.1:9' }))).toBe('hub-unreachable');
    // At once: who has a copy, or none to expect, is not kept waiting.
    expect(waits).toEqual([]);
  });

  it('is loaded once by two at the same time', async () => {
    const [a, b] = await Promise.all([load(), load()]);
    await Promise.all([openModel(a), openModel(b)]);
    await expectWhole();
    expect(weightRequests()).toHaveLength(1);
  });
});

describe('a download mends', () => {
  it.each<[string, Trouble[], (string | undefined)[]]>([
    [
      'a connection that drops, from where it stopped',
      [dropAt(10_000)],
      [undefined, 'bytes=10000-'],
    ],
    [
      'a connection that drops thrice',
      [dropAt(0), dropAt(0), dropAt(0)],
      [undefined, undefined, undefined, undefined],
    ],
    ['a server that ignores Range', [dropAt(10_000), body(weights)], [undefined, 'bytes=10000-']],
    [
      'a server that has no such range (416)',
      [dropAt(10_000), status(416)],
      [undefined, 'bytes=10000-', undefined],
    ],
    [
      '500, three times',
      [status(500), status(502), status(503)],
      [undefined, undefined, undefined, undefined],
    ],
    ['a flipped bit', [body(flipped)], [undefined, undefined]],
    ['extra bytes', [body(concat(weights, weights))], [undefined, undefined]],
    [
      'a body that is short, though it ends well',
      [body(weights.slice(0, 20_000))],
      [undefined, 'bytes=20000-'],
    ],
    [
      'a file that changed between two parts',
      [
        (_, r) =>
          dropAt(10_000)(
            _,
            r,
            flipped.map((v) => v ^ 1),
          ),
      ],
      [undefined, 'bytes=10000-', undefined],
    ],
    ['a gzipped body', [body(gzipSync(weights), { 'content-encoding': 'gzip' })], [undefined]],
  ])('%s', async (_, troubles, ranges) => {
    weightTroubles(...troubles);
    await openModel(await load());
    await expectWhole();
    expect(weightRequests().map(({ range }) => range)).toEqual(ranges);
  });

  it('429, after as long as the server asks', async () => {
    weightTroubles(status(429, { 'retry-after': '7' }));
    await load();
    expect(waits).toEqual([7000]);
    await expectWhole();
  });

  it('a part that starts elsewhere than it should', async () => {
    weightTroubles(dropAt(10_000), (_, response, bytes) => {
      response.writeHead(206, { 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}` });
      response.end(bytes);
      return true;
    });
    await load();
    await expectWhole();
  });

  it('a run that was killed, in the next run', async () => {
    weightTroubles(dropAt(10_000));
    expect(await faultOf(() => load({ tries: 1 }))).toBe('hub-unreachable');
    await load();
    expect(weightRequests().map(({ range }) => range)).toEqual([undefined, 'bytes=10000-']);
    await expectWhole();
  });

  it('a server that sends a byte now and then, until it tires of it', async () => {
    const drip: Trouble = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
      return true;
    };
    weightTroubles(drip, drip, drip);
    expect(await faultOf(() => load({ tries: 3 }))).toBe('hub-stalled');
  });

  it('a server that never answers, until it tires of it', async () => {
    weightTroubles(
      () => true,
      () => true,
    );
    expect(await faultOf(() => load({ tries: 2 }))).toBe('hub-unreachable');
  });
});

describe('a download is refused', () => {
  const loop: Trouble = (request, response) => {
    hub.troubles.unshift(loop);
    response.writeHead(302, { location: `${hub.endpoint}${request.url}` }).end();
    return true;
  };

  it.each<[string, Trouble[], string]>([
    ['when the digest is wrong twice', [body(flipped), body(flipped)], 'hub-corrupt'],
    [
      'when a web page comes',
      [body(new Uint8Array(99), { 'content-type': 'text/html; charset=utf-8' })],
      'hub-not-a-file',
    ],
    ['when redirects go in a circle', [loop], 'hub-unreachable'],
    ['when the model is gated', [status(403)], 'hub-forbidden'],
    ['when the file is gone', [status(404)], 'hub-not-found'],
    [
      'when the server is down for good',
      Array.from({ length: 5 }, () => status(500)),
      'hub-refused',
    ],
  ])('%s', async (_, troubles, code) => {
    weightTroubles(...troubles);
    expect(await faultOf(() => load())).toBe(code);
    const snapshot = await readdir(join(root, HOME, 'snapshots', COMMIT));
    expect(snapshot).not.toContain('model.safetensors');
    expect(await faultOf(() => load({ offline: true }))).toBe('not-cached');
  });

  it.each<[string, (honest: Record<string, unknown>) => unknown, string]>([
    ['nothing', () => null, 'hub-refused'],
    ['a commit that is a path', (h) => ({ ...h, sha: '../../evil' }), 'hub-refused'],
    [
      'files without sizes, and the mirror does not state them either',
      ({ sha }) => ({ sha, siblings: [{ rfilename: 'model.safetensors' }] }),
      'hub-refused',
    ],
    [
      'a digest that is a path',
      ({ sha }) => ({
        sha,
        siblings: [{ rfilename: 'model.safetensors', size: 1, blobId: '../x' }],
      }),
      'hub-refused',
    ],
    ['no weights', ({ sha }) => ({ sha, siblings: [{ rfilename: 'a.bin' }] }), 'missing-weights'],
    [
      'an adapter',
      ({ sha }) => ({ sha, siblings: [{ rfilename: 'adapter_config.json' }] }),
      'not-a-model',
    ],
    [
      'a name with a backslash',
      ({ sha }) => ({
        sha,
        siblings: [{ rfilename: '..\\x.gguf', size: 1, blobId: 'a'.repeat(40) }],
      }),
      'unsafe-file-name',
    ],
    [
      'a name that is ..',
      ({ sha }) => ({ sha, siblings: [{ rfilename: '..', size: 1, blobId: 'a'.repeat(40) }] }),
      'unsafe-file-name',
    ],
  ])('when the hub lists %s', async (_, listing, code) => {
    hub.listing = listing;
    expect(await faultOf(() => load())).toBe(code);
  });

  it('when it is stopped by hand while another process holds the file', async () => {
    const stop = new AbortController();
    await mkdir(join(root, '.locks', HOME, 'blobs'), { recursive: true });
    const storage = await nodeHubStorage(root);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const locked = { ...storage, lock: async () => held as Promise<never> };
    setTimeout(() => stop.abort(), 20);
    expect(await faultOf(() => load({ storage: locked, signal: stop.signal }))).toBe('aborted');
    release();
  });

  it('when it is stopped by hand', async () => {
    const stop = new AbortController();
    const load_ = load({ signal: stop.signal, onProgress: () => stop.abort() });
    expect(await faultOf(() => load_)).toBe('aborted');
  });

  it('when the id or the revision is none', async () => {
    const storage = await nodeHubStorage(root);
    for (const id of ['llama', '../x/y', 'a/b/c', 'a/..', '', 'a b/c']) {
      expect(isHubId(id)).toBe(false);
      expect(await faultOf(() => downloadModel(id, { storage }))).toBe('invalid-hub-id');
    }
    expect(await faultOf(() => load({ revision: '../../x' }))).toBe('invalid-hub-id');
    expect(isHubId('HuggingFaceTB/SmolLM2-135M-Instruct')).toBe(true);
  });
});

describe('a cache with planted links', () => {
  it('is not written through', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'attune-outside-'));
    await writeFile(join(outside, 'precious'), 'untouched');
    await load();
    const blobs = join(root, HOME, 'blobs');
    const blob = (await readdir(blobs)).find((name) => name.length === 64)!;
    await rm(join(blobs, blob));
    await symlink(join(outside, 'precious'), join(blobs, `${blob}.incomplete`));
    await symlink(join(outside, 'precious'), join(blobs, blob));
    await openModel(await load());
    expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('untouched');
    await expectWhole();
    await rm(outside, { recursive: true });
  });

  it('is not read through', async () => {
    const snapshot = join(root, HOME, 'snapshots', COMMIT);
    await mkdir(snapshot, { recursive: true });
    await symlink('/etc/hostname', join(snapshot, 'config.json'));
    expect(await faultOf(() => load({ offline: true, revision: COMMIT }))).toBe('not-cached');
    await writeFile(join(snapshot, 'model.safetensors'), weights);
    const folder = await load({ offline: true, revision: COMMIT });
    expect(await faultOf(() => folder.open('config.json'))).toBe('file-not-found');
  });
});
