import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttuneError } from '@attune/gpu';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadModel } from './hub.ts';
import { hubEnvironment, hubHome } from './hub-environment.ts';
import { nodeHubStorage } from './hub-storage.ts';
import { mockHub } from './testing/mock-hub.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'attune-env-'));
});
afterEach(() => rm(root, { recursive: true }));

const environment = (env: Record<string, string>) => hubEnvironment({ HF_HOME: root, ...env });

describe('what the environment says of the hub', () => {
  it('is offline in every spelling that huggingface_hub knows', async () => {
    for (const value of ['1', 'true', 'True', 'ON', 'on', 'yes', 'YES']) {
      expect((await environment({ HF_HUB_OFFLINE: value })).offline).toBe(true);
      expect((await environment({ TRANSFORMERS_OFFLINE: value })).offline).toBe(true);
    }
    for (const value of ['', '0', 'false', 'no', 'off']) {
      expect((await environment({ HF_HUB_OFFLINE: value })).offline).toBe(false);
    }
    expect((await environment({})).offline).toBe(false);
  });

  it('is a token: named, or kept by `hf auth login`', async () => {
    expect(await environment({})).not.toHaveProperty('token');
    await writeFile(join(root, 'token'), 'hf_kept\n');
    expect((await environment({})).token).toBe('hf_kept');
    expect((await environment({ HF_TOKEN: ' hf_named\r\n' })).token).toBe('hf_named');
    expect((await environment({ HUGGING_FACE_HUB_TOKEN: 'hf_old' })).token).toBe('hf_old');
    expect((await environment({ HF_TOKEN: '' })).token).toBe('hf_kept');
    const quiet = { HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' };
    expect(await environment(quiet)).not.toHaveProperty('token');
    await mkdir(join(root, 'elsewhere'));
    await writeFile(join(root, 'elsewhere/t'), 'hf_else');
    expect((await environment({ HF_TOKEN_PATH: join(root, 'elsewhere/t') })).token).toBe('hf_else');
  });

  it('is a place for the cache', () => {
    expect(hubHome({ HF_HOME: '~/hub' })).toBe(`${homedir()}/hub`);
    expect(hubHome({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface');
    expect(hubHome({})).toBe(`${homedir()}/.cache/huggingface`);
  });

  it('is a mirror', async () => {
    expect((await environment({ HF_ENDPOINT: 'https://mirror.example/' })).endpoint).toBe(
      'https://mirror.example/',
    );
  });

  it('names a proxy that is none', async () => {
    for (const proxy of ['socks5://user:word@x:1', 'x:3128x', 'nonsense']) {
      const error = await environment({ HTTPS_PROXY: proxy }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AttuneError);
      expect((error as AttuneError).code).toBe('proxy-invalid');
      expect((error as AttuneError).message).not.toContain('word');
    }
  });
});

describe('a proxy', () => {
  let proxy: Server;
  let seen: string[];
  beforeEach(async () => {
    seen = [];
    proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      const { hostname, port, pathname, search } = new URL(request.url!);
      const onward = { hostname, port, path: pathname + search, headers: request.headers };
      httpRequest(onward, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      }).end();
    });
    proxy.on('connect', (request, socket) => {
      seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
      const [host, port] = request.url!.split(':');
      if (host !== '127.0.0.1') return socket.end('HTTP/1.1 502 no\r\n\r\n');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 ok\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    proxy.closeAllConnections();
    proxy.close();
  });

  const address = (user = '') => `http://${user}127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const load = async (env: Record<string, string>, endpoint: string) =>
    downloadModel('someone/tiny', {
      storage: await nodeHubStorage(root),
      ...(await environment(env)),
      endpoint,
      stallSeconds: 5,
      tries: 1,
    });

  it('carries what is loaded, with its user and password, unless NO_PROXY names the hub', async () => {
    const files = new Map([['model.gguf', new Uint8Array(9)]]);
    const hub = await mockHub(files);
    try {
      await load({ HTTP_PROXY: address('user:word@') }, hub.endpoint);
      expect(seen.length).toBeGreaterThan(0);
      expect(hub.asked.map(({ path }) => path).at(-1)).toContain('model.gguf');
      seen.length = 0;
      await load({ HTTP_PROXY: address(), NO_PROXY: 'example.org,127.0.0.1' }, hub.endpoint);
      expect(seen).toEqual([]);
    } finally {
      await hub.close();
    }
  });

  it('is asked for a tunnel to an https hub; one that refuses is named', async () => {
    for (const key of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) {
      seen.length = 0;
      const error = await load({ [key]: address('user:word@') }, 'https://hub.example').catch(
        (thrown: unknown) => thrown,
      );
      expect(seen).toEqual([expect.stringMatching(/^CONNECT hub\.example:443 Basic /)]);
      expect((error as AttuneError).code).toBe('hub-unreachable');
      expect((error as AttuneError).message).not.toContain('word');
    }
  });
});
