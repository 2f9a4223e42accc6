/**
 * The built site in headless Chromium.
 *
 *   npm run site:check              every page: runs what it can, errors, other hosts, weight, accessibility
 *   npm run site:record [-- FILTER] runs what computes and writes x.run.json beside each page
 *
 * Both take a filter: a part of the page's address.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromiumFlags, findChromium } from './chromium.mjs';
import { englishPages } from './pages.mjs';
import { root } from './setup.mjs';
import { checkStudio } from './site-studio.mjs';

const build = join(root, 'website/build');
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** gzip, first visit: issue 5 and site.md. */
const weightAllowed = 300_000;

/** Serves website/build as a static host does. */
export function serve() {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    const file = join(build, path.endsWith('/') ? `${path}index.html` : path);
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
      done({ origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }),
    );
  });
}

export async function launch(flags = [], environment = {}) {
  const found = await findChromium();
  if ('missing' in found) throw new Error(found.missing);
  const { chromium } = createRequire(join(root, 'package.json'))('playwright');
  return chromium.launch({
    executablePath: found.executablePath,
    args: [...chromiumFlags, ...flags],
    env: { ...process.env, ...found.env, ...environment },
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

/** Opens a page and notes what it loads and what goes wrong. */
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
    if (/^http/.test(url.protocol) && url.origin !== origin) others.add(url.host);
  });
  page.on('response', (response) => {
    bodies.push(
      response.body().then(
        (body) => [response.url(), gzipSync(body).length],
        () => ['', 0],
      ),
    );
  });
  await page.addInitScript(() => {
    window.results = [];
    document.addEventListener('attune', ({ detail }) => window.results.push(detail));
  });
  await page.goto(origin + address, { waitUntil: 'load' });
  await page.waitForTimeout(250);
  const weight = async () => (await Promise.all(bodies)).reduce((sum, [, bytes]) => sum + bytes, 0);
  return { context, page, faults, others, weight };
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

/** Trains for some steps, then stops: the loss must have fallen (or go on from pair to pair), and Stop must stop. */
async function beginTraining(page, part = 'train', steps = 25) {
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
  if (part === 'train' && !(after < before))
    throw new Error(`the loss went from ${before} to ${after}`);
  return `${part}: first step after ${first.toFixed(1)} s, loss ${before.toFixed(3)} → ${after.toFixed(3)} in ${losses.length} steps, stopped`;
}

export const partsOf = (page) =>
  page.evaluate(() => [
    ...new Set([...document.querySelectorAll('[data-live]')].map((e) => e.dataset.live)),
  ]);

/** Nine digits are all that a float32 has. */
const short = (_key, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value;

const home = 'website/src/home/home.mdx';

async function record(filter) {
  const { origin, close } = await serve();
  const browser = await launch();
  const name = `Chromium ${browser.version().split('.')[0]}`;
  const pages = [...englishPages().map((file) => [file, addressOf(file)]), [home, '/']];
  for (const [file, address] of pages) {
    const target = join(root, file.replace(/\.mdx$/, '.run.json'));
    if (!existsSync(target) || (filter && !file.includes(filter))) continue;
    const { context, page } = await open(browser, origin, address);
    const recorded = { browser: name, date: new Date().toISOString().slice(0, 10) };
    for (const part of await partsOf(page)) {
      recorded[part] = await runPart(page, part);
      delete recorded[part].tolerance;
    }
    await context.close();
    writeFileSync(target, `${JSON.stringify(recorded, short)}\n`);
    console.log(`${target.slice(root.length)}: ${Object.keys(recorded).slice(2).join(', ')}`);
  }
  await browser.close();
  close();
}

/** Whether the search box finds a page; the index lies beside the pages. */
async function answers(page, query) {
  const box = page.locator('.navbar__search-input');
  await box.click();
  await box.fill(query);
  const found = page.locator('[class*=suggestion]').first();
  return found.waitFor({ timeout: 30_000 }).then(
    () => true,
    () => false,
  );
}

async function check(filter) {
  const axe = readFileSync(
    createRequire(join(root, 'website/package.json')).resolve('axe-core/axe.min.js'),
    'utf8',
  );
  const { origin, close } = await serve();
  const browser = await launch();
  const bad = [];
  let ran = 0;
  for (const address of addresses().filter((each) => !filter || each.includes(filter))) {
    for (const colorScheme of ['light', 'dark']) {
      const { context, page, faults, others, weight } = await open(browser, origin, address, {
        colorScheme,
      });
      const grams = await weight();
      if (grams > weightAllowed) bad.push(`${address} weighs ${Math.round(grams / 1000)} kB`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      for (const { id, nodes } of violations) {
        bad.push(`${address} (${colorScheme}): axe ${id}: ${nodes[0].html.slice(0, 160)}`);
      }
      if (colorScheme === 'light') {
        const done = [];
        for (const part of await partsOf(page)) {
          if (part === 'studio') {
            if (address === '/studio/') {
              const again = () => open(browser, origin, address);
              await checkStudio(again).then(
                (found) => bad.push(...found),
                (error) => bad.push(`${address}: ${error.message}`),
              );
              ran++;
            }
            continue;
          }
          try {
            if (part === 'train') {
              ran++;
              done.push(await beginTraining(page));
              continue;
            }
            if (part === 'prefer') {
              ran++;
              // What few steps of few pairs bring is noise: that all is logged and ends is what is looked at.
              done.push(await beginTraining(page, part, 6));
              continue;
            }
            const result = await runPart(page, part);
            ran++;
            if (part === 'run') {
              done.push(
                `run: error ${result.error.toExponential(1)}, ${result.milliseconds.toPrecision(3)} ms`,
              );
              if (!(result.error <= result.tolerance))
                bad.push(`${address}: error ${result.error}`);
            } else if (part === 'bench') {
              const own = result.rows.filter(({ name }) => name === 'attune');
              done.push(`bench: ${own.length} rows`);
              if (own.length < 2) bad.push(`${address}: only ${own.length} rows`);
            } else done.push(part);
          } catch (error) {
            bad.push(`${address}: ${part}: ${error.message}`);
          }
        }
        console.log(
          `${address} ${Math.round(grams / 1000)} kB; ${done.join('; ') || 'nothing to run'}`,
        );
      }
      const query =
        colorScheme === 'light' && { '/docs/': 'gradient', '/zh-Hans/docs/': '梯度' }[address];
      if (query && !(await answers(page, query))) bad.push(`${address}: no page answers ${query}`);
      for (const fault of faults) bad.push(`${address}: ${fault}`);
      if (others.size) bad.push(`${address} asked ${[...others].join(', ')}`);
      await context.close();
    }
  }
  await browser.close();
  close();
  for (const line of bad) console.error(`bad: ${line}`);
  console.log(`${ran} parts ran, ${bad.length} faults`);
  process.exitCode = bad.length ? 1 : 0;
}

if (process.argv[1]?.endsWith('site-pages.mjs')) {
  const [what, filter] = process.argv.slice(2);
  if (what === 'record') await record(filter);
  else await check(what === 'check' ? filter : what);
}
