import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testGpu } from '@attune/gpu/testing';
import { folderFromFiles } from '@attune/model';
import { TinyRun } from '@attune/tiny';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumFlags, findChromium } from '../../../scripts/chromium.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'attune-page-'));
const found = await findChromium();
let server: Server;
let browser: Browser;

/** Page and worker bundled as a user would; the model's and the data's folders beside the bundle. */
beforeAll(async () => {
  if ('missing' in found) return;
  await build({
    entryPoints: ['page', 'worker'].map((name) => join(folder, 'page', `${name}.ts`)),
    outdir: join(scratch, 'app'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['attune:source'],
    loader: { '.wgsl': 'text' },
    external: ['webgpu', '@sparticuz/chromium', 'node:*'],
    logLevel: 'error',
  });
  const types: Record<string, string> = { html: 'text/html', js: 'text/javascript' };
  server = createServer(async (request, response) => {
    const path = request.url!.split('?')[0]!;
    const file = path === '/app/' ? join(folder, 'page/index.html') : undefined;
    const from = path.startsWith('/app/') ? scratch : folder;
    const bytes = await readFile(file ?? join(from, path)).catch(() => undefined);
    const kind = (file ?? path).split('.').at(-1)!;
    response.writeHead(bytes ? 200 : 404, {
      'content-type': types[kind] ?? 'application/octet-stream',
    });
    response.end(bytes);
  }).listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  browser = await chromium.launch({
    executablePath: found.executablePath,
    args: chromiumFlags,
    env: { ...(process.env as Record<string, string>), ...found.env },
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(scratch, { recursive: true });
});

test('a page trains the embedded model in a worker as Node does, and its adapter reads back', async ({
  skip,
}) => {
  if ('missing' in found) return skip(found.missing);
  const page = await browser.newPage();
  const faults: string[] = [];
  const hosts = new Set<string>();
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    if (/^https?:/.test(request.url())) hosts.add(new URL(request.url()).host);
  });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/app/`);
  await page.getByRole('button', { name: 'Train' }).click();
  await page
    .locator('#line')
    .filter({ hasText: /^Done|\[/ })
    .waitFor({ timeout: 500_000 });
  expect(await page.locator('#line').textContent()).toBe('Done.');
  expect(faults).toEqual([]);
  expect(hosts.size).toBe(1); // nothing left the machine
  const record = (await page.locator('#record').textContent())!;
  console.log(record);
  const figures = [...record.matchAll(/held-out loss (\S+), (\d+) of 64/g)].map((m) => ({
    loss: Number(m[1]),
    right: Number(m[2]),
  }));
  const [before, after] = figures as [
    { loss: number; right: number },
    { loss: number; right: number },
  ];
  expect(after.loss).toBeLessThan(before.loss / 5);
  expect(after.right).toBeGreaterThan(before.right + 16);

  const losses = await page.evaluate(() => (window as unknown as { losses: number[] }).losses);
  expect(losses).toHaveLength(200);
  const gpu = await testGpu();
  const here = await TinyRun.create(gpu);
  for await (const { step, loss } of here.steps()) {
    expect(Math.abs(losses[step - 1]! - loss)).toBeLessThan(1e-4 * loss);
    if (step === 5) break;
  }
  here.destroy();

  const files = new Map<string, string>();
  for (const link of await page.locator('#files a').all()) {
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    files.set(download.suggestedFilename(), (await download.path())!);
  }
  const bytes = [...files].map(
    ([name, path]) => [name, new Uint8Array(readFileSync(path))] as const,
  );
  const again = await TinyRun.create(gpu, {
    adapter: folderFromFiles(new Map(bytes), 'the download'),
  });
  const measured = await again.measure();
  again.destroy();
  expect(Math.abs(measured.loss - after.loss)).toBeLessThan(1e-4 * after.loss);
  expect(measured.right).toBe(after.right);
  await page.close();
}, 600_000);
