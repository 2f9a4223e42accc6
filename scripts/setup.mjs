// Installs what is missing, on a machine with Node and npm and nothing else: no pnpm, no corepack,
// root or not, with or without a terminal. Plain Node, no dependencies: nothing is installed yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeAlgorithmsIndex } from './algorithms-index.mjs';
import { writeFamiliesIndex } from './families-index.mjs';
import { writeKernelsIndex } from './kernels-index.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'node_modules/.attune-setup');

/** Ends the process with a sentence when this Node is older than package.json allows. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Attune needs Node 20.19 or newer; this is ${process.versions.node} (${process.execPath}).`,
  );
  console.error('Install a newer Node from https://nodejs.org and run the command again.');
  process.exit(1);
}

/** What an installation depends on: the lock file, every manifest, the platform. */
function wanted() {
  const manifests = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    'kernels/package.json',
  ];
  for (const name of readdirSync(join(root, 'packages')))
    manifests.push(`packages/${name}/package.json`);
  manifests.push('website/package.json');
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of manifests) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(file).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function pinnedPnpm() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return packageManager.replace(/\+.*/, '');
}

/** The command line that starts npm: npm's own script where it can be found, so that no shell is needed. */
function npm() {
  const candidates = [
    process.env.npm_execpath,
    resolve(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
    resolve(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js'),
  ];
  const script = candidates.find((path) => path && /npm-cli\.js$/.test(path) && existsSync(path));
  return script ? [process.execPath, script] : ['npm'];
}

/** pnpm of the pinned version when it is on the path, else the same version through npm. */
function pnpm(pinned) {
  const windows = process.platform === 'win32';
  const onPath = spawnSync('pnpm', ['--version'], {
    cwd: root,
    encoding: 'utf8',
    shell: windows,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
    env: { ...process.env, COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' },
  });
  if (onPath.status === 0 && `pnpm@${onPath.stdout.trim()}` === pinned) return ['pnpm'];
  return [...npm(), 'exec', '--yes', pinned, '--'];
}

/** npm and pnpm keep caches at home; an account without one (`nobody`) gets a folder in its place. */
function home() {
  try {
    accessSync(homedir(), constants.W_OK);
    return {};
  } catch {
    const folder = join(root, 'node_modules/.cache/home');
    mkdirSync(folder, { recursive: true });
    return { HOME: folder, npm_config_cache: join(folder, '.npm') };
  }
}

/** Runs a command with no standard input; its last lines come back with its exit code. */
function run([command, ...args]) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && command !== process.execPath,
      // CI: pnpm asks nothing and draws no progress bar.
      env: { ...process.env, CI: 'true', ...home() },
    });
    let output = '';
    const collect = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => done({ code: 1, output: String(error) }));
    child.on('close', (code) => done({ code, output }));
  });
}

const network =
  /ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|ENETUNREACH|socket hang up|ERR_SOCKET|network|fetch failed|META_FETCH|TARBALL_(?:FETCH|INTEGRITY)|\b50[0234]\b|\b429\b/i;

/**
 * Installs the locked dependencies unless they are there, then writes kernels/index.ts. The site's own,
 * which are most of them, only where the site is wanted.
 */
export async function setup({ site = false } = {}) {
  checkNode();
  site ||= existsSync(join(root, 'website/node_modules'));
  const want = `${wanted()}${site ? ' site' : ''}`;
  const have = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (have !== want || !existsSync(join(root, 'node_modules/.bin'))) {
    const pinned = pinnedPnpm();
    // The lock file is reviewed where it changes (the age rule acts there, and in CI); trusting it
    // here spares a new machine one registry query a package.
    const command = [...pnpm(pinned), 'install', '--frozen-lockfile', '--trust-lockfile'];
    if (!site) command.push('--filter=!@attune/website');
    console.log(`setup: installing dependencies (${pinned}) …`);
    const start = Date.now();
    let result = await run(command);
    if (result.code !== 0 && network.test(result.output)) {
      console.log('setup: the network failed; trying once more …');
      result = await run(command);
    }
    if (result.code !== 0) {
      console.error(result.output.trim());
      console.error(
        `setup: \`${command.join(' ')}\` failed with exit code ${result.code}; its output stands above.`,
      );
      console.error(
        /OUTDATED_LOCKFILE/.test(result.output)
          ? `A package.json asks for what pnpm-lock.yaml lacks: npm exec --yes ${pinned} -- install --no-frozen-lockfile`
          : "Dependencies come from the npm registry: check the network, npm's proxy settings, and 2 GB of free disk.",
      );
      process.exit(1);
    }
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, want);
    console.log(`setup: dependencies installed in ${Math.round((Date.now() - start) / 1000)} s`);
  }
  writeFamiliesIndex();
  writeAlgorithmsIndex();
  const { clashes } = writeKernelsIndex();
  for (const clash of clashes)
    console.error(`setup: ${clash} Rename one: all operations share one entry.`);
  if (clashes.length) process.exit(1);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await setup();
  console.log('setup: ready');
}
