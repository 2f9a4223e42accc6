// Builds every package into its dist/: one bundle for each entry that package.json exports (ESM, shaders
// as text, dependencies left outside), and declarations. What did not change is not built again.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, setup } from './setup.mjs';

const cache = join(root, 'node_modules/.cache/attune');
const declarations = join(cache, 'types');
const skipped = /(^|\/)(node_modules|dist|fixtures)(\/|$)|\.(test|bench|live)\.ts$|\.mdx$/;

/** Every workspace package that exports source, dependencies first. */
export function packages() {
  const folders = [
    'kernels',
    ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`),
  ];
  const found = new Map();
  for (const folder of folders) {
    const file = join(root, folder, 'package.json');
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const entries = Object.values(manifest.exports ?? {})
      .filter((entry) => entry['attune:source'] && entry.default)
      .map((entry) => ({ source: entry['attune:source'], out: entry.default }));
    found.set(manifest.name, { name: manifest.name, folder, manifest, entries });
  }
  const ordered = new Map();
  const visit = (item) => {
    if (ordered.has(item.name)) return;
    for (const name of Object.keys(item.manifest.dependencies ?? {})) {
      if (found.has(name)) visit(found.get(name));
    }
    ordered.set(item.name, item);
  };
  for (const item of found.values()) visit(item);
  return [...ordered.values()];
}

const stampOf = (item) => join(cache, 'built', item.folder);

function hashSources(item, stamps) {
  const hash = createHash('sha256');
  for (const file of ['scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json']) {
    hash.update(readFileSync(join(root, file)));
  }
  const folder = join(root, item.folder);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !skipped.test(file) && /(\.(ts|wgsl)|^package\.json)$/.test(file))
    .sort();
  for (const file of files) hash.update(`\n${file}\n`).update(readFileSync(join(folder, file)));
  for (const name of Object.keys(item.manifest.dependencies ?? {}))
    hash.update(stamps.get(name) ?? '');
  return hash.digest('hex');
}

async function bundle(item, esbuild) {
  const dist = join(root, item.folder, 'dist');
  rmSync(dist, { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: join(root, item.folder),
    entryPoints: item.entries.map(({ source, out }) => ({
      in: source,
      out: out.replace(/^\.\/dist\//, '').replace(/\.js$/, ''),
    })),
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    packages: 'external',
    loader: { '.wgsl': 'text' },
    sourcemap: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}

/** One run of tsc for all packages: they share most of their types. */
function emitDeclarations() {
  rmSync(declarations, { recursive: true, force: true });
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const result = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (result.status !== 0) throw new Error('the type check failed; its errors stand above');
}

/**
 * The declarations that an entry reaches, beside its bundle, with the extensions that users' compilers
 * resolve; those of tests' own modules stay behind.
 */
function placeDeclarations(item) {
  const sourceRoot = item.entries[0].source.startsWith('./src/') ? 'src' : '.';
  const from = join(declarations, item.folder, sourceRoot);
  const dist = join(root, item.folder, 'dist');
  const pending = item.entries.map(({ out }) =>
    out.replace('./dist/', '').replace(/\.js$/, '.d.ts'),
  );
  const placed = new Set();
  for (let file = pending.pop(); file; file = pending.pop()) {
    if (placed.has(file)) continue;
    placed.add(file);
    const text = readFileSync(join(from, file), 'utf8').replace(
      /((?:from|import)\s*\(?\s*)(['"])(\.[^'"]*)\.ts\2/g,
      (_, before, quote, path) => {
        pending.push(join(dirname(file), `${path}.d.ts`));
        return `${before}${quote}${path}.js${quote}`;
      },
    );
    if (/['"][^'"]+\.wgsl['"]/.test(text))
      throw new Error(`${item.folder}: ${file} mentions a .wgsl module`);
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    writeFileSync(join(dist, file), text);
  }
}

/** Builds what changed; returns the names of the packages built. */
export async function build() {
  const stamps = new Map();
  const stale = [];
  for (const item of packages()) {
    const hash = hashSources(item, stamps);
    stamps.set(item.name, hash);
    const built = item.entries.every(({ out }) => existsSync(join(root, item.folder, out)));
    const fresh =
      built && existsSync(stampOf(item)) && readFileSync(stampOf(item), 'utf8') === hash;
    if (item.entries.length && !fresh) stale.push(item);
  }
  if (!stale.length) return [];
  console.log(`build: ${stale.map(({ name }) => name).join(', ')}`);
  const esbuild = await import('esbuild');
  for (const item of stale) await bundle(item, esbuild);
  emitDeclarations();
  for (const item of stale) {
    placeDeclarations(item);
    mkdirSync(dirname(stampOf(item)), { recursive: true });
    writeFileSync(stampOf(item), stamps.get(item.name));
  }
  return stale.map(({ name }) => name);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const start = Date.now();
  await setup();
  try {
    const built = await build();
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    console.log(
      built.length
        ? `build: done, ${built.length} packages built in ${seconds} s`
        : 'build: done, everything was up to date',
    );
  } catch (error) {
    console.error(`build: failed: ${error.message}`);
    process.exitCode = 1;
  }
}
