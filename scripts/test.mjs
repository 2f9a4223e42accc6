// `npm test`: installs what is missing, checks types and lint, runs the test projects, counts.
//   npm test                              types, lint, node, gpu on SwiftShader, browser
//   npm test -- --all-adapters            gpu on lavapipe as well, and the kernels in Deno
//   npm test -- --project gpu kernels/rope    one part (types, lint, node, gpu, lavapipe, browser, deno), some files
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lavapipeDriver, skippedPart } from './lavapipe.mjs';
import { root, setup } from './setup.mjs';

const require = createRequire(import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), 'attune-test-'));

const bin = (name, path) => join(dirname(require.resolve(`${name}/package.json`)), path);

/** Runs a program of node_modules with no standard input, its output in the terminal. */
function run(args, env = {}) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.on('error', () => done(1));
    child.on('close', (code, signal) => done(code ?? signal));
  });
}

const one = (ok) => ({
  passed: ok ? 1 : 0,
  failed: ok ? 0 : 1,
  skipped: 0,
  skips: [],
  failures: [],
});

async function types() {
  return one((await run([bin('typescript', 'bin/tsc'), '--noEmit', '-p', 'tsconfig.json'])) === 0);
}

/** As `npm run unused` has them. */
const knipOptions = ['--tsConfig', 'tsconfig.knip.json', '--no-progress', '--no-config-hints'];

/** Form, and files, exports and dependencies that nothing uses. */
async function lint() {
  const biome = await run([bin('@biomejs/biome', 'bin/biome'), 'check', '.']);
  const knip = await run([join(root, 'node_modules/knip/bin/knip.js'), ...knipOptions]);
  return one(biome === 0 && knip === 0);
}

/** One vitest project; the counts come from count-reporter.mjs. */
async function vitest(project, filters, env) {
  const report = join(scratch, `${project}-${env?.ATTUNE_DEVICE ?? ''}.json`);
  const args = ['run', '--project', project, '--reporter=default'];
  args.push('--reporter=./scripts/count-reporter.mjs', ...filters);
  if (filters.length) args.push('--passWithNoTests'); // a filter may name files of one project only
  const code = await run([bin('vitest', 'vitest.mjs'), ...args], { ...env, ATTUNE_REPORT: report });
  const result = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0, skips: [], failures: [] };
  if (code !== 0 && result.failed === 0) {
    result.failed++;
    result.failures.push(`vitest ended with ${code}`);
  }
  return result;
}

async function browser(filters) {
  const { findChromium } = await import('./chromium.mjs');
  const found = await findChromium();
  if (!('missing' in found)) return vitest('browser', filters);
  return skippedPart('browser', found.missing);
}

async function lavapipe(filters) {
  if (lavapipeDriver()) return vitest('gpu', filters, { ATTUNE_DEVICE: 'lavapipe' });
  return skippedPart('lavapipe', 'no lavapipe (Mesa) is installed');
}

async function deno(filters) {
  const { runDeno } = await import('./deno.mjs');
  return runDeno(filters);
}

const parts = {
  types,
  lint,
  node: (filters) => vitest('node', filters),
  gpu: (filters) =>
    vitest('gpu', filters, { ATTUNE_DEVICE: process.env.ATTUNE_DEVICE ?? 'swiftshader' }),
  lavapipe,
  browser,
  deno,
};

/** `--project a --project=b --all-adapters path …` → the parts to run, and the files to run them on. */
function readArguments(args) {
  const chosen = [];
  const filters = [];
  let all = false;
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--all-adapters') all = true;
    else if (args[i] === '--project') chosen.push(args[++i]);
    else if (args[i].startsWith('--project=')) chosen.push(args[i].slice('--project='.length));
    else filters.push(args[i]);
  }
  const unknown = chosen.filter((name) => !(name in parts));
  if (unknown.length) {
    console.error(`Unknown project "${unknown[0]}"; there are ${Object.keys(parts).join(', ')}.`);
    process.exit(2);
  }
  if (chosen.length) return { names: chosen, filters };
  const tests = all ? ['node', 'gpu', 'lavapipe', 'browser', 'deno'] : ['node', 'gpu', 'browser'];
  return { names: filters.length ? tests : ['types', 'lint', ...tests], filters };
}

const { names, filters } = readArguments(process.argv.slice(2));
const start = Date.now();
await setup();
const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
const skips = new Map();
const failures = [];
for (const name of names) {
  console.log(`\n── ${name} ──`);
  const began = Date.now();
  const result = await parts[name](filters);
  for (const key of Object.keys(total)) total[key] += result[key];
  for (const skip of result.skips) skips.set(skip, [...(skips.get(skip) ?? []), name]);
  for (const failure of result.failures) failures.push(`${name}: ${failure}`);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  lines.push(
    `${name.padEnd(9)} ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped, ${seconds} s`,
  );
}
rmSync(scratch, { recursive: true, force: true });

console.log('');
for (const [skip, where] of skips) console.log(`skipped (${where.join(', ')}): ${skip}`);
for (const failure of failures) console.log(`failed: ${failure}`);
for (const line of lines) console.log(line);
console.log(`total ${((Date.now() - start) / 60_000).toFixed(1)} min`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed ? 1 : 0;
