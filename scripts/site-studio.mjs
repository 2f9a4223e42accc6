/**
 * Studio in headless Chromium: a run that is reloaded in its middle and goes on gives the losses of one that was
 * not, to the bit; its adapter gives the page's answer in Node. Part of `npm run site:check`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';
import { checkChat, checkFiles, checkHubChat } from './site-chat.mjs';

const steps = 24;
const prompt = 'Ruby is in the castle. Noah is in the attic.\nQuestion: Where is Noah?\nAnswer:';
const patience = { timeout: 400_000 };

async function fill(page) {
  await page.getByRole('button', { name: /instruction set/ }).click();
  await page.waitForFunction(() => document.querySelector('textarea').value.length > 1000);
  await page.getByLabel('Steps').fill(String(steps));
}

const train = (page) => page.getByRole('button', { name: 'Train on this machine' }).click();

async function downloads(page) {
  const found = {};
  for (const button of await page.getByRole('button', { name: /^Download/ }).all()) {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    found[download.suggestedFilename()] = readFileSync(await download.path());
  }
  return found;
}

/** A run to its end: its losses and what it leaves to download. */
async function finish(page) {
  await page.waitForFunction(
    () => window.results.some(({ part }) => part === 'studio'),
    undefined,
    patience,
  );
  const { result } = await page.evaluate(() =>
    window.results.find(({ part }) => part === 'studio'),
  );
  const { losses, before, now } = result;
  return {
    losses,
    before: before[0].answer,
    answer: now[0].answer,
    logProbs: now[0].logProbs,
    files: await downloads(page),
  };
}

/** Log-probabilities may differ by this: another build of the same software adapter computes them. */
const logProbsAllowed = 1e-4;

/** What Node answers with the adapter: the text, and the log-probability of each of its tokens. */
function answerInNode(files, prompt) {
  const folder = mkdtempSync(join(tmpdir(), 'attune-studio-'));
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    writeFileSync(join(folder, 'prompts.jsonl'), `${JSON.stringify({ prompt })}\n`);
    const args = [
      'packages/attune/bin/attune.mjs',
      'generate',
      '--model_name_or_path',
      'packages/tiny/model',
    ];
    args.push('--adapter_name_or_path', folder, '--prompts', join(folder, 'prompts.jsonl'));
    args.push(
      '--output',
      join(folder, 'answers.jsonl'),
      '--max_new_tokens',
      '24',
      '--temperature',
      '0',
    );
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const { text, log_probs } = JSON.parse(readFileSync(join(folder, 'answers.jsonl'), 'utf8'));
    return { text: text.trim(), logProbs: log_probs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const hash = (kind, ...parts) =>
  parts.reduce((sum, part) => sum.update(part), createHash(kind)).digest('hex');

/** A hub with the embedded model, in the browser's place of the real one. */
async function standInHub(context) {
  const folder = join(root, 'packages/tiny/model');
  const names = [
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'generation_config.json',
  ];
  names.push('chat_template.jinja', 'model.safetensors');
  const files = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  const siblings = [...files].map(([rfilename, bytes]) => ({
    rfilename,
    size: bytes.length,
    blobId: hash('sha1', `blob ${bytes.length}\0`, bytes),
    ...(rfilename.endsWith('.safetensors') && { lfs: { sha256: hash('sha256', bytes) } }),
  }));
  const headers = { 'access-control-allow-origin': '*' };
  await context.route('https://huggingface.co/**', (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path.startsWith('/api/')) {
      return route.fulfill({ headers, json: { sha: 'c'.repeat(40), siblings } });
    }
    return route.fulfill({ headers, body: files.get(path.split('/').at(-1)) });
  });
}

/** A model of the hub is downloaded, checked and opened. */
async function checkHub(openPage) {
  const { context, page } = await openPage();
  await standInHub(context);
  await fill(page);
  await page.getByPlaceholder('HuggingFaceTB/').fill('someone/tiny');
  await page.getByRole('button', { name: 'Look first' }).click();
  await page.locator('[data-look], [role=alert]').first().waitFor(patience);
  const fault = await page.locator('[role=alert]').allTextContents();
  const bad = fault.map((text) => `/studio/: a model of the hub: ${text}`);
  if (!bad.length) bad.push(...(await checkHubChat(page)));
  await context.close();
  return bad;
}

/** @returns {Promise<string[]>} what is wrong, a sentence each */
export async function checkStudio(openPage) {
  const bad = await checkHub(openPage);
  const whole = await openPage();
  await fill(whole.page);
  await whole.page.getByRole('button', { name: 'Look first' }).click();
  await whole.page.locator('[data-look]').waitFor(patience);
  await train(whole.page);
  const one = await finish(whole.page);
  bad.push(...(await checkChat(whole.page, { prompt, before: one.before, after: one.answer })));
  await whole.context.close();

  const other = await openPage();
  const { answer: after, files } = one;
  bad.push(...(await checkFiles(other.page, { prompt, after, files })));
  await other.context.close();

  const halved = await openPage();
  await fill(halved.page);
  await train(halved.page);
  await halved.page.getByText(/^step 2[1-9] \/|^step 20 \/ 24/).waitFor(patience);
  await halved.page.getByRole('button', { name: 'Pause and save' }).click();
  await halved.page.getByRole('button', { name: /Go on from step/ }).waitFor(patience);
  await halved.page.reload();
  await halved.page.getByRole('button', { name: /Go on from step/ }).click(patience);
  const two = await finish(halved.page);
  await halved.context.close();

  if (one.losses.length !== steps)
    bad.push(`/studio/: ${one.losses.length} losses of ${steps} steps`);
  if (JSON.stringify(one.losses) !== JSON.stringify(two.losses)) {
    bad.push(
      `/studio/: resumed, the losses end with ${two.losses.at(-1)}, else with ${one.losses.at(-1)}`,
    );
  }
  for (const name of [
    'adapter_config.json',
    'adapter_model.safetensors',
    'recipe.yaml',
    'metrics.jsonl',
  ]) {
    if (!one.files[name]) bad.push(`/studio/: no ${name} to download`);
    else if (name === 'adapter_model.safetensors' && !one.files[name].equals(two.files[name])) {
      bad.push('/studio/: the resumed adapter has other bits');
    } else if (name === 'metrics.jsonl' && !one.files[name].equals(two.files[name])) {
      bad.push('/studio/: the metrics of the resumed run are not those of one that was not');
    }
  }
  const there = answerInNode(one.files, prompt);
  if (there.text !== one.answer) {
    bad.push(`/studio/: Node answers ${there.text}, the page ${one.answer}`);
  }
  const apart = Math.max(...there.logProbs.map((value, i) => Math.abs(value - one.logProbs[i])));
  if (!(there.logProbs.length === one.logProbs.length && apart <= logProbsAllowed)) {
    bad.push(`/studio/: Node's log-probabilities are ${apart} from the page's`);
  }
  console.log(
    `/studio/ ${steps} steps, loss ${one.losses[0].toFixed(3)} → ${one.losses.at(-1).toFixed(3)}; resumed after a reload: the same; Node: ${there.text}, ${there.logProbs.length} log-probabilities within ${apart.toExponential(1)}`,
  );
  return bad;
}
