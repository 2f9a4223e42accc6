import { AttuneError } from '@attune/gpu';
import { nodeFiles } from './bytes.ts';
import type { HubOptions } from './hub-repo.ts';

type Environment = Record<string, string | undefined>;

const yes = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value ?? '');

/** What `hf auth login` and the hub's Python library keep: `HF_HOME`, or ~/.cache/huggingface. */
export function hubHome(env: Environment = process.env): string {
  const home = process.getBuiltinModule('node:os').homedir();
  const said = env.HF_HOME || `${env.XDG_CACHE_HOME || `${home}/.cache`}/huggingface`;
  return said.replace(/^~(?=\/|$)/, home);
}

/**
 * What the environment says of the hub, as huggingface_hub reads it (Node, Deno): `HF_ENDPOINT`; `HF_HUB_OFFLINE` or
 * `TRANSFORMERS_OFFLINE` (1, ON, YES, TRUE in any case); the token of `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, or of the
 * file that `hf auth login` writes; `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
 *
 * @throws AttuneError `proxy-support-missing`, `proxy-invalid`
 */
export async function hubEnvironment(
  env: Environment = process.env,
): Promise<Pick<HubOptions, 'endpoint' | 'offline' | 'token' | 'fetch'>> {
  const token = await tokenOf(env);
  const offline = yes(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE);
  const proxied = offline ? undefined : await proxyFetch(env);
  return {
    offline,
    ...(env.HF_ENDPOINT && { endpoint: env.HF_ENDPOINT }),
    ...(token && { token }),
    ...(proxied && { fetch: proxied }),
  };
}

async function tokenOf(env: Environment): Promise<string | undefined> {
  const clean = (text: string | undefined) => text?.replace(/[\r\n]/g, '').trim() || undefined;
  const named = clean(env.HF_TOKEN) ?? clean(env.HUGGING_FACE_HUB_TOKEN);
  if (named || yes(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return named;
  const files = await nodeFiles();
  const path = env.HF_TOKEN_PATH || `${hubHome(env)}/token`;
  return clean(await files.readFile(path, 'utf8').catch(() => undefined));
}

/** Node's own fetch knows nothing of proxies; Deno's and Bun's do. */
async function proxyFetch(env: Environment): Promise<typeof fetch | undefined> {
  if ('Deno' in globalThis || 'Bun' in globalThis) return undefined;
  const any = env.all_proxy || env.ALL_PROXY;
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || any;
  const httpProxy = env.http_proxy || env.HTTP_PROXY || any;
  if (!httpsProxy && !httpProxy) return undefined;
  const proxies = [httpsProxy, httpProxy].filter((proxy) => proxy !== undefined);
  for (const proxy of proxies) checkProxy(proxy);
  const { EnvHttpProxyAgent, fetch: fetchBy } = await loadProxySupport();
  const dispatcher = new EnvHttpProxyAgent({
    ...(httpsProxy && { httpsProxy }),
    ...(httpProxy && { httpProxy }),
    noProxy: env.no_proxy || env.NO_PROXY || '',
  });
  const through = (input: string, init?: object) => fetchBy(input, { ...init, dispatcher });
  return through as unknown as typeof fetch;
}

function checkProxy(proxy: string): void {
  if (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)) return;
  throw new AttuneError(
    'proxy-invalid',
    `The proxy ${proxy.replace(/\/\/[^@/]*@/, '//…@')} is no http:// or https:// address.`,
    'Set HTTPS_PROXY to an address such as http://proxy.example:3128, or unset it.',
  );
}

async function loadProxySupport(): Promise<typeof import('undici')> {
  try {
    // By a name that bundlers for browsers do not follow.
    const name = 'undici';
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
  } catch (cause) {
    throw new AttuneError(
      'proxy-support-missing',
      'A proxy is named (HTTPS_PROXY), which needs the package undici, which is not installed.',
      'Run `npm install undici`, or unset HTTPS_PROXY, HTTP_PROXY and ALL_PROXY.',
      { cause },
    );
  }
}
