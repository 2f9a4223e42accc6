/**
 * The documentation site.
 *
 *   npm run site               builds and serves it
 *   npm run site:build         builds it into website/build
 *   npm run site -- --dev      serves pages as they are written, English only (--locale zh-Hans for Chinese)
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from './build.mjs';
import { placeChinesePages, problems } from './pages.mjs';
import { root, setup } from './setup.mjs';
import { htmlFaults, leadToEnglishApi } from './site-html.mjs';
import { writeSiteKeys } from './site-keys.mjs';

const website = join(root, 'website');
const require = createRequire(join(website, 'package.json'));
const bin = (name, path) => join(dirname(require.resolve(`${name}/package.json`)), path);

function run(args, env = {}) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, {
      cwd: website,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.on('close', (code, signal) => done(code ?? (signal === 'SIGINT' ? 0 : 1)));
  });
}

/** KaTeX's style sheet and fonts as they are: bundled, the fonts would be part of every page's CSS. */
function copyKatex() {
  const from = join(dirname(require.resolve('katex/package.json')), 'dist');
  const to = join(website, 'static/katex');
  mkdirSync(join(to, 'fonts'), { recursive: true });
  const css = readFileSync(join(from, 'katex.min.css'), 'utf8');
  // woff2 alone: every browser that has WebGPU reads it.
  writeFileSync(
    join(to, 'katex.min.css'),
    css.replace(/,url\([^)]*\) format\("(?:woff|truetype)"\)/g, ''),
  );
  for (const file of readdirSync(join(from, 'fonts')).filter((name) => name.endsWith('.woff2'))) {
    copyFileSync(join(from, 'fonts', file), join(to, 'fonts', file));
  }
}

/** API pages. TypeDoc runs by itself: inside Docusaurus a TypeScript error would not fail the build. */
async function api() {
  rmSync(join(website, 'api'), { recursive: true, force: true });
  const code = await run([bin('typedoc', 'bin/typedoc'), '--options', 'typedoc.json']);
  if (code !== 0) throw new Error('TypeDoc found errors; they stand above');
}

/** Docusaurus looks at links between its own pages; this looks at every link of every page as it was written. */
function checkHtml() {
  const [build, base] = [join(website, 'build'), process.env.SITE_BASE ?? '/'];
  leadToEnglishApi(build, base);
  const { faults, links, pages } = htmlFaults(build, base);
  for (const fault of faults) console.error(`site: ${fault}`);
  if (faults.length) throw new Error(`${faults.length} faults in the HTML`);
  console.log(
    `site: ${links} links and anchors of ${pages} pages lead somewhere; 0 broken formulas`,
  );
}

/** The bundler's cache remembers packages that were missing too: with other packages it begins anew. */
function forgetStaleCache() {
  const cache = join(website, 'node_modules/.cache');
  const stamp = join(cache, 'packages');
  const now = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, now);
}

const args = process.argv.slice(2);
const docusaurus = (...words) => run([bin('@docusaurus/core', 'bin/docusaurus.mjs'), ...words]);

async function main() {
  await setup({ site: true });
  await build();
  await writeSiteKeys();
  const all = problems();
  // Recording needs a built site.
  const found = all.filter((problem) => !problem.includes('npm run site:record'));
  for (const problem of all) console.error(`page: ${problem}`);
  if (found.length && !args.includes('--dev'))
    throw new Error(`${found.length} pages are not in order`);
  placeChinesePages();
  copyKatex();
  forgetStaleCache();
  if (args.includes('--dev')) {
    const rest = args.filter((word) => word !== '--dev');
    return docusaurus('start', '--no-open', ...rest);
  }
  if ((await run([bin('typescript', 'bin/tsc'), '-p', '.'])) !== 0) {
    throw new Error('the type check failed; its errors stand above');
  }
  await api();
  const start = Date.now();
  if ((await docusaurus('build')) !== 0)
    throw new Error('Docusaurus failed; its errors stand above');
  checkHtml();
  console.log(`site: built into website/build in ${Math.round((Date.now() - start) / 1000)} s`);
  if (!args.includes('--build'))
    return docusaurus('serve', '--no-open', '--port', process.env.PORT ?? '3000');
}

try {
  process.exitCode = (await main()) ?? 0;
} catch (error) {
  console.error(`site: ${error.message}`);
  process.exitCode = 1;
}
