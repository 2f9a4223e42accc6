/** The built site in headless Chromium, for what checks and records it. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromiumFlags, findChromium } from './chromium.mjs';
import { englishPages } from './pages.mjs';
import { root } from './setup.mjs';

const build = join(root, 'website/build');
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Where the site lies on its host, as the build was told. */
const base = process.env.SITE_BASE ?? '/';

/** Serves website/build as a static host does. */
export function serve() {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    const inside = path.startsWith(base) ? path.slice(base.length) : '404.html';
    const file = join(
      build,
      inside === '' || inside.endsWith('/') ? `${inside}index.html` : inside,
    );
    if (!existsSync(file)) {
      response.writeHead(404, { 'content-type': 'text/html' });
      return response.end(readFileSync(join(build, '404.html')));
    }
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
    });
    response.end(readFileSync(file));
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () =>
      done({
        origin: `http://127.0.0.1:${server.address().port}${base.slice(0, -1)}`,
        close: () => server.close(),
      }),
    );
  });
}

/** @param webgpu without it there is no adapter, as in a browser that has no WebGPU */
export async function launch({ webgpu = true } = {}) {
  const found = await findChromium();
  if ('missing' in found) throw new Error(found.missing);
  const { chromium } = createRequire(join(root, 'package.json'))('playwright');
  return chromium.launch({
    executablePath: found.executablePath,
    args: chromiumFlags.filter((flag) => webgpu || flag !== '--enable-unsafe-webgpu'),
    env: { ...process.env, ...found.env },
  });
}

/** Address of a page's file: docs/lora.mdx → /docs/lora/, kernels/softmax/softmax.mdx → /kernels/softmax/. */
export function addressOf(file) {
  const parts = file.replace(/\.mdx$/, '').split('/');
  if (parts.at(-1) === 'index' || parts.at(-1) === parts.at(-2)) parts.pop();
  return `/${parts.join('/')}/`;
}

/** Everything there is to open, English first. */
export function addresses() {
  const english = ['/', ...englishPages().map(addressOf)];
  for (const name of ['studio', 'bench']) {
    if (existsSync(join(build, name, 'index.html'))) english.push(`/${name}/`);
  }
  return english.flatMap((address) => [address, `/zh-Hans${address}`]);
}

const prefetched = async (request) =>
  Object.values(await request.allHeaders().catch(() => ({}))).some((value) => value === 'prefetch');

/**
 * Opens a page with nothing cached and notes what it loads and what goes wrong. `weight()` is the bytes of every
 * response, gzip: the page, scripts, styles, fonts, images. What the browser fetches ahead for links in view, when
 * it has nothing else to do, belongs to other pages and is not counted.
 */
export async function open(browser, origin, address, options = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const faults = [];
  const others = new Set();
  const bodies = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^http/.test(url.protocol) && url.origin !== new URL(origin).origin) others.add(url.host);
  });
  page.on('response', (response) => {
    const size = async () =>
      (await prefetched(response.request())) ? 0 : gzipSync(await response.body()).length;
    bodies.push(size().catch(() => 0));
  });
  let workers = 0;
  page.on('worker', () => workers++);
  await page.addInitScript(() => {
    window.results = [];
    window.adapters = 0;
    document.addEventListener('attune', ({ detail }) => window.results.push(detail));
    const request = globalThis.GPU?.prototype.requestAdapter;
    if (!request) return;
    GPU.prototype.requestAdapter = function (...wishes) {
      window.adapters++;
      return request.apply(this, wishes);
    };
  });
  await page.goto(origin + address, { waitUntil: 'load' });
  await page.waitForTimeout(250);
  const weight = async () => (await Promise.all(bodies)).reduce((sum, bytes) => sum + bytes, 0);
  /** Whether anything has computed: a worker or an adapter was asked for. */
  const computed = async () => workers + (await page.evaluate(() => window.adapters)) > 0;
  return { context, page, faults, others, weight, computed };
}

/** Presses a live part's button (moves its slider) and waits for what it comes to. */
export async function runPart(page, part) {
  const live = page.locator(`[data-live="${part}"]`).first();
  await page.evaluate(() => {
    window.results = [];
  });
  if (part === 'figure') {
    const slider = live.locator('input[type=range]').first();
    const { value, step, max } = await slider.evaluate(({ value, step, max }) => ({
      value,
      step,
      max,
    }));
    // One step away and back: the figure as the page shows it first, computed here.
    const [there, back] =
      Number(value) + Number(step) > Number(max)
        ? ['ArrowLeft', 'ArrowRight']
        : ['ArrowRight', 'ArrowLeft'];
    await slider.press(there);
    await page.waitForFunction(() => window.results.length > 0, undefined, { timeout: 120_000 });
    await page.evaluate(() => {
      window.results = [];
    });
    await slider.press(back);
  } else {
    await live.locator('button').first().click();
  }
  const outcome = await page.waitForFunction(
    (wanted) => {
      const alert = document.querySelector('[data-live] [role=alert]');
      if (alert) return { fault: alert.textContent };
      return window.results.find((result) => result.part === wanted);
    },
    part,
    { timeout: 400_000, polling: 200 },
  );
  const { fault, result } = await outcome.jsonValue();
  if (fault) throw new Error(fault);
  return result;
}

/** Trains for some steps, then stops: the loss must have fallen, and Stop must stop. */
export async function beginTraining(page, part = 'train', steps = 25) {
  await page.evaluate(() => {
    window.results = [];
  });
  const live = page.locator(`[data-live="${part}"]`).first();
  const [start, stop] = await live.locator('button').all();
  const began = Date.now();
  await start.click();
  const progress = (count) =>
    page.waitForFunction(
      (wanted) => {
        const alert = document.querySelector('[data-live] [role=alert]');
        if (alert) return { fault: alert.textContent };
        const last = window.results.filter(({ part }) => part === 'progress').at(-1);
        return last?.result.losses.length >= wanted && last.result;
      },
      count,
      { timeout: 400_000, polling: 100 },
    );
  await progress(1);
  const first = (Date.now() - began) / 1000;
  const { fault, losses } = await (await progress(steps)).jsonValue();
  if (fault) throw new Error(fault);
  await stop.click();
  await stop.and(page.locator(':disabled')).waitFor({ state: 'attached', timeout: 5000 });
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
  const [before, after] = [mean(losses.slice(0, 3)), mean(losses.slice(-3))];
  // What a few steps on a few pairs bring is noise: of preferences it is looked at that all is told, and ends.
  if (part === 'train' && !(after < before)) {
    throw new Error(`the loss went from ${before} to ${after}`);
  }
  return `${part}: first step after ${first.toFixed(1)} s, loss ${before.toFixed(3)} → ${after.toFixed(3)} in ${losses.length} steps, stopped`;
}

export const partsOf = (page) =>
  page.evaluate(() => [
    ...new Set([...document.querySelectorAll('[data-live]')].map((e) => e.dataset.live)),
  ]);
