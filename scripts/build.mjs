// Builds every package into its dist/ with tsdown: the entries that package.json exports (ESM, shaders as text,
// dependencies left outside), and declarations. What did not change is not built again.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, setup } from './setup.mjs';

const cache = join(root, 'node_modules/.cache/attune');
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

/**
 * The options of tsdown for one package. The kernels stay a module each, so that a bundler takes from them what a
 * program uses and no more; `moduleSideEffects` drops imports that nothing is taken from.
 */
const optionsOf = (item) => ({
  config: false,
  cwd: join(root, item.folder),
  entry: Object.fromEntries(
    item.entries.map(({ source, out }) => [out.replace(/^\.\/dist\/|\.js$/g, ''), source]),
  ),
  outDir: 'dist',
  unbundle: item.folder === 'kernels',
  format: 'esm',
  platform: 'neutral',
  target: 'es2023',
  fixedExtension: false,
  hash: false,
  loader: { '.wgsl': 'text' },
  treeshake: { moduleSideEffects: false },
  outputOptions: { minifyInternalExports: false },
  sourcemap: true,
  tsconfig: join(root, 'tsconfig.build.json'),
  // One TypeScript program for all packages: they share most of their types.
  dts: { eager: true, sourcemap: false },
  logLevel: 'error',
});

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
  const tsdown = await import('tsdown');
  for (const item of stale) {
    await tsdown.build(optionsOf(item));
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
