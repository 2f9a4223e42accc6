/**
 * Runs what computes on the built site's pages and writes x.run.json beside each.
 *
 *   npm run site:record [-- FILTER]   FILTER: a part of the page's file name
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { englishPages } from './pages.mjs';
import { root } from './setup.mjs';
import { addressOf, launch, open, partsOf, runPart, serve } from './site-browser.mjs';

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

await record(process.argv[2]);
