/** The page Bench in headless Chromium: its rows and the JSON that it hands out. Part of `npm run site:check`. */
import { readFileSync } from 'node:fs';
import { runPart } from './site-browser.mjs';

export async function checkBench(page) {
  await runPart(page, 'bench');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /attune-bench\.json/ }).click(),
  ]);
  const file = JSON.parse(readFileSync(await download.path(), 'utf8'));
  const bad = [];
  const own = file.rows.filter(({ name }) => name === 'attune');
  if (own.length < 2) bad.push(`bench: only ${own.length} rows`);
  for (const { bench, ms, gflops } of own) {
    if (!(ms > 0 && gflops > 0)) bad.push(`bench: ${bench} took ${ms} ms, ${gflops} GFLOP/s`);
  }
  const shown = await page.locator('[data-live=bench] tbody tr').count();
  const handed = file.rows.filter(({ name }) => !name.startsWith('roof')).length;
  if (shown !== handed) bad.push(`bench: the JSON has ${handed} rows of ${shown}`);
  for (const key of ['date', 'adapter', 'browser', 'rounds', 'bandwidth']) {
    if (file[key] === undefined) bad.push(`bench: the JSON has no ${key}`);
  }
  return [`bench: ${own.length} rows, ${JSON.stringify(file).length} bytes of JSON`, bad];
}
