/**
 * The built site in headless Chromium.
 *
 *   npm run site:check                every page in both languages: weight, accessibility in both themes, other
 *                                     hosts; that nothing computes unasked, and that what computes when asked is
 *                                     right; the page without JavaScript and without WebGPU; search, Studio, Bench
 *   npm run site:check -- FILTER      pages whose address has FILTER in it
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './setup.mjs';
import { checkBench } from './site-bench.mjs';
import {
  addresses,
  beginTraining,
  launch,
  open,
  partsOf,
  runPart,
  serve,
} from './site-browser.mjs';
import { checkStill } from './site-still.mjs';
import { checkStudio } from './site-studio.mjs';

/** gzip, first visit: issue 5 and site.md. */
const weightAllowed = 300_000;
/** Pages at a time: one computes while another is looked at. */
const atOnce = 2;
/** What a link might carry; none of it may set a page to work. */
const tempting = '?run=1&train=1&autorun=true#run';

const axe = readFileSync(
  createRequire(join(root, 'website/package.json')).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** What axe finds in the theme that the page has now. */
async function look(page, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await page.waitForFunction(
    (wanted) => document.documentElement.dataset.theme === wanted,
    colorScheme,
  );
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(
    ({ id, nodes }) => `(${colorScheme}): axe ${id}: ${nodes[0].html.slice(0, 160)}`,
  );
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

/** Presses what a part has to press. Gives a line for the log and what is wrong. */
async function press(page, part) {
  if (part === 'train') return [await beginTraining(page), []];
  if (part === 'prefer') return [await beginTraining(page, part, 6), []];
  if (part === 'bench') return checkBench(page);
  const result = await runPart(page, part);
  if (part !== 'run') return [part, []];
  const { error, milliseconds, tolerance } = result;
  const line = `run: error ${error.toExponential(1)}, ${milliseconds.toPrecision(3)} ms`;
  return [line, error <= tolerance ? [] : [`error ${error}, allowed ${tolerance}`]];
}

/** One page, whole. @returns its weight, what ran, and what is wrong */
async function checkPage(browser, origin, address) {
  const bad = [];
  const done = [];
  const opened = await open(browser, origin, address + tempting);
  const { context, page, faults, others, weight, computed } = opened;
  const grams = await weight();
  if (grams > weightAllowed) bad.push(`weighs ${Math.round(grams / 1000)} kB`);
  if (await computed()) bad.push('computes without being asked');
  await page.evaluate(axe);
  bad.push(...(await look(page, 'light')));
  for (const part of await partsOf(page)) {
    if (part === 'studio') continue;
    try {
      const [line, wrong] = await press(page, part);
      done.push(line);
      bad.push(...wrong);
    } catch (error) {
      bad.push(`${part}: ${error.message}`);
    }
  }
  // With results on the page.
  bad.push(...(await look(page, 'dark')));
  const query = { '/docs/': 'gradient', '/zh-Hans/docs/': '梯度' }[address];
  if (query && !(await answers(page, query))) bad.push(`no page answers ${query}`);
  bad.push(...faults);
  if (others.size) bad.push(`asked ${[...others].join(', ')}`);
  await context.close();
  return { grams, done, bad };
}

async function check(filter = '') {
  const { origin, close } = await serve();
  const [browser, bare] = [await launch(), await launch({ webgpu: false })];
  const bad = [];
  const weights = [];
  let ran = 0;
  const began = Date.now();
  const left = addresses().filter((each) => each.includes(filter));
  const count = left.length;
  const work = async () => {
    for (let address = left.shift(); address; address = left.shift()) {
      const page = await checkPage(browser, origin, address).catch((error) => ({
        grams: 0,
        done: [],
        bad: [error.message],
      }));
      const still = await checkStill({ browser, bare, origin, address }).catch((error) => [
        error.message,
      ]);
      bad.push(...[...page.bad, ...still].map((line) => `${address}: ${line}`));
      weights.push([page.grams, address]);
      ran += page.done.length;
      const what = page.done.join('; ') || 'nothing to run';
      console.log(`${address} ${Math.round(page.grams / 1000)} kB; ${what}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if ('/studio/'.includes(filter)) {
    const again = () => open(browser, origin, '/studio/');
    const found = await checkStudio(again).catch((error) => [`/studio/: ${error.message}`]);
    bad.push(...found);
    ran++;
  }
  await Promise.all([browser.close(), bare.close()]);
  close();
  for (const line of bad) console.error(`bad: ${line}`);
  const [most, where] = weights.sort(([a], [b]) => b - a)[0] ?? [0, ''];
  const minutes = ((Date.now() - began) / 60_000).toFixed(1);
  console.log(
    `${count} pages, ${ran} parts ran, heaviest ${where} ${Math.round(most / 1000)} kB, ${bad.length} faults, ${minutes} min`,
  );
  process.exitCode = bad.length || !count ? 1 : 0;
}

await check(process.argv[2]);
