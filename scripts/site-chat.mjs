/** Studio's chat in headless Chromium, after a run on the page. Part of `npm run site:check`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const patience = { timeout: 400_000 };
const story = 'Tell me a story about a lamb.';

const message = (page) => page.getByLabel(/Your message/);

/** What the last message brought, when all have answered. */
async function ask(page, text) {
  await page.evaluate(() => {
    window.results = [];
  });
  await message(page).fill(text);
  await message(page).press('Enter');
  const turns = await page.waitForFunction(
    () => {
      const alert = document.querySelector('[data-chat] [role=alert]');
      if (alert) return { fault: alert.textContent };
      return window.results.find(({ part }) => part === 'chat')?.result;
    },
    undefined,
    patience,
  );
  const found = await turns.jsonValue();
  if (found.fault) throw new Error(found.fault);
  const pieces = await page.evaluate(
    () => window.results.filter(({ part, result }) => part === 'said' && result.text).length,
  );
  return { turns: found, said: found.at(-1).said, pieces };
}

/** Both models answer as training's own samples say; turns add up; what is stopped ends at once, and goes on. */
export async function checkChat(page, { prompt, before, after }) {
  const bad = [];
  await page.getByLabel('Longest answer').fill('24');
  const first = await ask(page, prompt);
  const { base, tuned } = first.said;
  if (base.text.trim() !== before) bad.push(`/studio/ chat: the base says ${base.text}`);
  if (tuned?.text.trim() !== after) bad.push(`/studio/ chat: the tuned model says ${tuned?.text}`);
  if (first.pieces < base.tokens + tuned.tokens - 4) {
    bad.push(`/studio/ chat: ${base.tokens + tuned.tokens} tokens came in ${first.pieces} pieces`);
  }

  await page.getByLabel('Messages become').selectOption('chat');
  await page.getByLabel('Longest answer').fill('64');
  await page.getByLabel(/^Temperature/).fill('0.8');
  const [one, two] = [await ask(page, story), await ask(page, story)];
  if (two.turns.length !== 2) bad.push(`/studio/ chat: ${two.turns.length} turns of 2`);
  // The second time the model has heard the first: the same seed says something else.
  const texts = ({ said }) => `${said.base.text}|${said.tuned.text}`;
  if (texts(one) === texts(two)) bad.push('/studio/ chat: a turn was not heard');
  await page.getByRole('button', { name: 'New chat' }).click();
  const again = await ask(page, story);
  if (again.said.tuned.text !== one.said.tuned.text) {
    bad.push('/studio/ chat: the same seed says something else');
  }

  await page.getByLabel('Longest answer').fill('400');
  await page.evaluate(() => {
    window.results = [];
  });
  await message(page).fill(story);
  await message(page).press('Enter');
  await page.waitForFunction(
    () => window.results.filter(({ part }) => part === 'said').length > 8,
    undefined,
    patience,
  );
  const chat = page.locator('[data-chat]');
  const began = Date.now();
  await chat.getByRole('button', { name: 'Stop' }).click();
  await chat.getByRole('button', { name: 'Send' }).waitFor(patience);
  const stopped = Date.now() - began;
  if (stopped > 4000) bad.push(`/studio/ chat: stopped after ${stopped} ms`);
  await page.getByLabel('Longest answer').fill('8');
  await ask(page, story);
  console.log(
    `/studio/ chat: base “${base.text.trim().slice(0, 40)} …”, tuned “${tuned.text.trim()}”, stopped in ${stopped} ms`,
  );
  return bad;
}

/** A model of files of this machine, and an adapter that was downloaded: the adapter's answer again. */
export async function checkFiles(page, { prompt, after, files }) {
  const folder = join(root, 'packages/tiny/model');
  const inputs = page.locator('input[type=file]');
  await inputs.first().setInputFiles(readdirSync(folder).map((name) => join(folder, name)));
  await inputs.last().setInputFiles(
    ['adapter_config.json', 'adapter_model.safetensors'].map((name) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: files[name],
    })),
  );
  await page.getByLabel('Messages become').selectOption('plain');
  const { said } = await ask(page, prompt);
  const found = said.tuned?.text.trim();
  return found === after ? [] : [`/studio/ chat: from files the tuned model says ${found}`];
}

/** The base of the hub alone. */
export async function checkHubChat(page) {
  await page.getByLabel('Messages become').selectOption('chat');
  const { said } = await ask(page, story);
  return said.base.tokens > 1 && !said.tuned ? [] : ['/studio/ chat: the hub’s model is silent'];
}
