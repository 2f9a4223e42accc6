/**
 * A page that cannot compute must still teach: without JavaScript, and in a browser without WebGPU. Part of
 * `npm run site:check`.
 */
import { open, partsOf } from './site-browser.mjs';

/** What of a page can be read: taken with scripts off, or after they ran. */
const read = (page) =>
  page.evaluate(() => {
    const main = document.querySelector('article, main');
    const seen = (element) => element.getClientRects().length > 0;
    const live = (part) => [...document.querySelectorAll(`[data-live="${part}"]`)];
    return {
      text: main.textContent.length,
      formulas: [...main.querySelectorAll('.katex-html')].filter(seen).length,
      figures: live('figure').map((part) => Boolean(part.querySelector('svg'))),
      // Where it was recorded, by which adapter.
      runs: live('run').map((part) => part.textContent),
      trainings: [...live('train'), ...live('prefer')].map((part) => ({
        text: part.textContent,
        curve: Boolean(part.querySelector('svg polyline')),
      })),
      sources: [...document.querySelectorAll('[role=tabpanel]')].map(
        (panel) => seen(panel) && panel.textContent.length > 100,
      ),
      // What a page that only computes says instead.
      needs: [...main.querySelectorAll('[data-needs]')].some(seen),
    };
  });

const recorded = /Recorded, not yours|录制结果，并非本机/;

/** What a page without results of its own must show. */
function lacks(shown) {
  const bad = [];
  if (shown.text < 300) bad.push(`has ${shown.text} characters`);
  if (shown.figures.includes(false)) bad.push('has a figure that is not drawn');
  for (const text of shown.runs) {
    if (!recorded.test(text)) bad.push('has a run that shows no recorded one');
  }
  for (const { text, curve } of shown.trainings) {
    if (!curve || !recorded.test(text)) bad.push('has a training that shows no recorded one');
  }
  return bad;
}

async function withoutScripts(browser, origin, address) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(origin + address, { waitUntil: 'load' });
  const shown = await read(page);
  await context.close();
  const bad = lacks(shown);
  if (shown.sources.includes(false)) bad.push('hides a source');
  if (/(studio|bench)\/$/.test(address) && !shown.needs) bad.push('does not say what it needs');
  return { shown, bad: bad.map((line) => `without JavaScript it ${line}`) };
}

/** Presses everything once: it must say what is missing, in words, and go on showing what it had. */
async function withoutWebGpu(bare, origin, address) {
  const { context, page, faults } = await open(bare, origin, address);
  const bad = lacks(await read(page));
  const shown = await read(page);
  for (const part of await partsOf(page)) {
    const live = page.locator(`[data-live="${part}"]`).first();
    if (part === 'figure') {
      const slider = live.locator('input[type=range]').first();
      await slider.press('ArrowRight');
      await slider.press('ArrowLeft');
      const drawn = page.waitForFunction(
        () => window.results.some((result) => result.part === 'figure'),
        undefined,
        { timeout: 60_000 },
      );
      await drawn.catch(() => bad.push('has a figure whose slider does nothing'));
    } else {
      if (part === 'studio') await live.locator('textarea').first().fill('{"text": "One row."}');
      const names = /on this machine|在本机|Train one now|现在就训练/;
      await live.getByRole('button', { name: names }).first().click();
      const said = live.locator('[role=alert]').first();
      const text = await said.textContent({ timeout: 60_000 }).catch(() => '');
      if (!/WebGPU/.test(text)) bad.push(`says of ${part}: ${text || 'nothing'}`);
    }
  }
  const after = lacks(await read(page));
  bad.push(...after.map((line) => `${line} once its buttons were pressed`));
  await context.close();
  bad.push(...faults);
  return { shown, bad: bad.map((line) => `without WebGPU it ${line}`) };
}

export async function checkStill({ browser, bare, origin, address }) {
  const [scripts, gpu] = [
    await withoutScripts(browser, origin, address),
    await withoutWebGpu(bare, origin, address),
  ];
  const bad = [...scripts.bad, ...gpu.bad];
  // Some answers that scripts fold stand open without them.
  if (scripts.shown.formulas < gpu.shown.formulas) {
    bad.push(
      `shows ${scripts.shown.formulas} of ${gpu.shown.formulas} formulas without JavaScript`,
    );
  }
  return bad;
}
