import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttuneError } from '@attune/gpu';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadModel, type HubOptions } from './hub.ts';
import { nodeHubStorage } from './hub-storage.ts';
import { openModel } from './open.ts';
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

const load = async (more: Partial<HubOptions> = {}) =>
  downloadModel(ID, {
    storage: await nodeHubStorage(root),
    endpoint: hub.endpoint,
    wait: async (ms) => void waits.push(ms),
    stallSeconds: 0.4,
    ...more,
  });

/** The error of an attempt. */
async function errorOf(attempt: () => Promise<unknown>): Promise<AttuneError> {
  const error = await attempt().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AttuneError);
  return error as AttuneError;
}

describe('without a connection', () => {
  const nowhere = 'http://127.0.0.1:9';

  it('the copy is taken at once, and that is said; without one the address and the way out are named', async () => {
    const none = await errorOf(() => load({ endpoint: nowhere }));
    expect(none.message).toContain(`${nowhere} cannot be reached`);
    expect(none.message).toContain('has no copy');
    expect(none.remedy).toContain('HTTPS_PROXY');
    await load();
    const notices: string[] = [];
    const start = performance.now();
    await load({ endpoint: nowhere, onNotice: (sentence) => notices.push(sentence) });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(waits).toEqual([]);
    expect(notices).toEqual([expect.stringContaining(`the copy of ${ID}`)]);
  });

  it('nor an answer, the copy is taken after a moment', async () => {
    await load();
    hub.refuse = () => true;
    const notices: string[] = [];
    await openModel(await load({ onNotice: (sentence) => notices.push(sentence) }));
    expect(notices).toEqual([expect.stringContaining('no answer in 0.4 s')]);
    expect((await errorOf(() => load({ revision: 'other' }))).code).toBe('hub-unreachable');
  });

  it('or with a hub in trouble, the copy is taken without asking again', async () => {
    await load();
    hub.refuse = (response) => {
      response.writeHead(503).end();
      return true;
    };
    hub.asked.length = 0;
    await openModel(await load());
    expect(hub.asked).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  it('a commit that is all there is not asked for', async () => {
    await load();
    hub.asked.length = 0;
    await openModel(await load({ revision: COMMIT }));
    expect(hub.asked).toEqual([]);
    await rm(join(root, HOME, 'snapshots', COMMIT, 'tokenizer.json'));
    await load({ revision: COMMIT });
    expect(hub.asked).not.toEqual([]);
  });
});

describe('a hub that refuses', () => {
  const refuse = (code: number, headers: Record<string, string> = {}, text = '') => {
    hub.refuse = (response) => {
      response.writeHead(code, headers).end(text);
      return true;
    };
  };

  it('a name says that it is gated, private or misspelt: it does not tell which', async () => {
    refuse(401, { 'x-error-message': 'Invalid username or password.' });
    const bad = await errorOf(() => load({ token: 'secret' }));
    expect(bad).toMatchObject({ code: 'hub-forbidden' });
    expect(bad.message).toContain('does not accept the token');
    for (const [code, headers] of [
      [401, {}],
      [401, { 'x-error-code': 'RepoNotFound', 'x-error-message': 'Repository not found' }],
      [403, {}],
      [404, {}],
    ] as const) {
      refuse(code, headers);
      const error = await errorOf(() => load());
      expect(error.message).toContain('gated, private or misspelt');
      expect(error.message).toContain(ID);
      expect(error.remedy).toContain('hf auth login');
      expect((await errorOf(() => load({ token: 'secret' }))).remedy).not.toContain('HF_TOKEN');
    }
  });

  const missing: Trouble = (_, response) => {
    response.writeHead(404).end();
    return true;
  };

  it('a gated model, a revision, a file, says so', async () => {
    refuse(403, { 'x-error-code': 'GatedRepo' });
    const gated = await errorOf(() => load());
    expect(gated.message).toContain('is gated');
    expect(gated.remedy).toContain(`${hub.endpoint}/${ID}`);
    refuse(404, { 'x-error-code': 'RevisionNotFound' });
    expect((await errorOf(() => load({ revision: 'v9' }))).message).toContain('no revision v9');
    hub.refuse = undefined;
    hub.troubles = [undefined, undefined, undefined, missing];
    expect((await errorOf(() => load())).message).toContain('no file model.safetensors');
  });

  it('with a web page names the address, at once', async () => {
    refuse(200, { 'content-type': 'text/html' }, '<!doctype html><h1>Sign in</h1>\u001b[2J');
    const page = await errorOf(() => load());
    expect(page.code).toBe('hub-not-json');
    expect(page.message).toContain(`${hub.endpoint}/api/models/${ID}`);
    expect(page.message).toContain('a web page');
    expect(waits).toEqual([]);
    refuse(200, {}, 'nothing\u001b[2J');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it must not be there
    expect((await errorOf(() => load())).message).not.toMatch(/\u001b/);
  });
});

describe('a mirror that names files only', () => {
  it('is asked for size and digest of each, as huggingface_hub asks', async () => {
    hub.listing = (honest) => ({
      sha: honest.sha,
      siblings: names.map((rfilename) => ({ rfilename })),
    });
    hub.details = true;
    await openModel(await load());
    expect(await readdir(join(root, HOME, 'blobs'))).toHaveLength(4);
    expect(hub.asked.filter(({ method }) => method === 'HEAD')).toHaveLength(4);
    // Large files lie elsewhere: the answer that points there states what they are.
    const bytes = await readFile(join(root, HOME, 'snapshots', COMMIT, 'model.safetensors'));
    expect(Buffer.compare(bytes, weights)).toBe(0);
  });

  it('is not believed where what comes has another digest', async () => {
    hub.listing = ({ sha }) => ({ sha, siblings: names.map((rfilename) => ({ rfilename })) });
    hub.details = true;
    const flipped: Trouble = (_, response, bytes) => {
      response.end(bytes.map((byte, i) => (i === 20_000 ? byte ^ 4 : byte)));
      return true;
    };
    hub.troubles = [undefined, undefined, undefined, flipped, flipped];
    expect((await errorOf(() => load())).code).toBe('hub-corrupt');
  });
});
