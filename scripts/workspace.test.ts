import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Lowest layer first, as in the design; packages of one row do not know each other. */
const layers = [
  ['@attune/gpu'],
  ['@attune/config'],
  ['@attune/kernels'],
  ['@attune/plan'],
  ['@attune/tokenizer'],
  ['@attune/data'],
  ['@attune/model'],
  ['@attune/peft'],
  ['@attune/optim'],
  ['@attune/trainer'],
  ['@attune/sft', '@attune/reward', '@attune/preference', '@attune/policy'],
  ['@attune/tiny'],
  ['attune'],
  ['@attune/bench'],
];
const layerOf = (name: string) => layers.findIndex((layer) => layer.includes(name));

/** Third-party code that may reach a user, and where; the rest we write ourselves. */
const allowed: Record<string, string[]> = {
  '@attune/gpu': ['webgpu', '@sparticuz/chromium'],
  '@attune/kernels': ['wgsl-preprocessor'],
  '@attune/tokenizer': ['@huggingface/tokenizers'],
  '@attune/data': ['hyparquet', 'hyparquet-compressors', '@uwdata/flechette', 'fzstd'],
  '@attune/model': ['@noble/hashes', 'undici'],
  attune: [
    'yaml',
    'hyparquet',
    'hyparquet-compressors',
    '@uwdata/flechette',
    'fzstd',
    'undici',
    'webgpu',
    '@sparticuz/chromium',
  ],
};

/** The rest must bundle for a browser: `node:` modules only behind a dynamic import. */
const nodeOnly = ['attune'];

const ignored =
  /^(node_modules|dist|fixtures|build|static|\.docusaurus|\.git|\.cache|coverage|out)$/;

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (ignored.test(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

const shown = (file: string) => relative(root, file).replaceAll('\\', '/');
const read = (file: string) => readFileSync(file, 'utf8');
/** Tests, benches, and what only they import. */
const isTest = (file: string) =>
  /\.(test|bench)\.ts$|(^|\/)testing\/|\/(testing|checks)\.ts$/.test(shown(file));

interface Import {
  path: string;
  /** Whether loading the module loads this one too: not so for types, and for `import()`. */
  loads: boolean;
}

function imports(file: string): Import[] {
  const text = read(file).replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  const found: Import[] = [];
  const statics = /^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
  for (const [, type, path] of text.matchAll(statics)) found.push({ path: path!, loads: !type });
  for (const [, path] of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)) {
    found.push({ path: path!, loads: false });
  }
  return found;
}

const packageOf = (path: string) =>
  path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');

// A folder without a manifest holds fixtures of a package that is to come.
const folders = [
  'kernels',
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`),
].filter((folder) => existsSync(join(root, folder, 'package.json')));
const packages = folders.map((folder) => {
  const at = join(root, folder);
  const manifest = JSON.parse(read(join(at, 'package.json')));
  const source = folder === 'kernels' ? at : join(at, 'src');
  return {
    name: manifest.name as string,
    at,
    exports: manifest.exports as Record<string, { 'attune:source': string }>,
    dependencies: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    // What a page runs live belongs to the site, and stands beside its kernel for the reader.
    modules: files(source).filter((file) => /\.ts$/.test(file) && !/\.(d|live)\.ts$/.test(file)),
  };
});
type Package = (typeof packages)[number];
const named = (name: string) => packages.find((item) => item.name === name);

/** What is wrong with the imports of one module, as sentences. */
function complaints(item: Package, file: string): string[] {
  const wrong: string[] = [];
  for (const { path } of imports(file)) {
    const say = (why: string) => wrong.push(`${shown(file)} imports ${path}: ${why}`);
    if (path.startsWith('.')) {
      if (relative(item.at, resolve(dirname(file), path)).startsWith('..'))
        say('outside the package');
    } else if (!path.startsWith('node:')) {
      const target = packageOf(path);
      if (!item.dependencies.includes(target)) say('not a declared dependency');
      const workspace = named(target);
      if (workspace && !(`.${path.slice(target.length)}` in workspace.exports))
        say('not a public entry');
    }
  }
  return wrong;
}

for (const item of packages) {
  const { name } = item;
  describe(name, () => {
    test('has its place in the list of layers', () => {
      expect(layerOf(name), `add ${name} to the list in this test`).toBeGreaterThanOrEqual(0);
    });

    test('depends on lower layers, and on the few packages it is allowed', () => {
      const wrong = item.dependencies.filter((dependency) =>
        layerOf(dependency) >= 0
          ? layerOf(dependency) >= layerOf(name)
          : !allowed[name]?.includes(dependency),
      );
      expect(wrong).toEqual([]);
    });

    test('imports what it declares, through public entries, and nothing outside its folder', () => {
      const wrong = item.modules
        .filter((file) => !isTest(file))
        .flatMap((file) => complaints(item, file));
      expect(wrong).toEqual([]);
    });

    if (nodeOnly.includes(name)) return;
    test('reaches no node: module before it is asked to', () => {
      const seen = new Set<string>();
      const wrong: string[] = [];
      const visit = (file: string) => {
        if (seen.has(file)) return;
        seen.add(file);
        for (const { path, loads } of imports(file)) {
          if (!loads) continue;
          if (path.startsWith('node:')) wrong.push(`${shown(file)} imports ${path}`);
          if (/^\..*\.ts$/.test(path)) visit(resolve(dirname(file), path));
        }
      };
      visit(join(item.at, item.exports['.']!['attune:source']));
      expect(wrong).toEqual([]);
    });
  });
}

describe('the repository', () => {
  const all = ['kernels', 'packages', 'scripts', 'docs', 'website']
    .map((at) => join(root, at))
    .filter((at) => existsSync(at))
    .flatMap(files);
  const written = all.filter((file) => /\.(ts|tsx|mjs|wgsl)$/.test(file));

  test('has no file over 400 lines', () => {
    const long = written.filter((file) => read(file).trimEnd().split('\n').length > 400);
    expect(long.map(shown)).toEqual([]);
  });

  test('has no file or folder with a name that says nothing', () => {
    const empty = /^(utils?|helpers?|common|core|managers?|base)(\.|$)/;
    const wrong = written.filter((file) =>
      shown(file)
        .split('/')
        .some((part) => empty.test(part)),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  test('promises nothing for later', () => {
    const later = /\b(TODO|FIXME|XXX|HACK)\b/;
    const wrong = written.filter(
      (file) => file !== fileURLToPath(import.meta.url) && later.test(read(file)),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  test('tests read nothing outside it', () => {
    const wrong = written.filter(
      (file) => isTest(file) && /(\.\.|\/work)\/shared\//.test(read(file)),
    );
    expect(wrong.filter((file) => file !== fileURLToPath(import.meta.url)).map(shown)).toEqual([]);
  });

  test('finds NaN by its bits: no shader compares a value with itself', () => {
    const shaders = all.filter((file) => file.endsWith('.wgsl'));
    const wrong = shaders.filter((file) =>
      /\b([A-Za-z_][\w.]*(?:\[\w+\])?) != \1(?![\w.[])/.test(read(file)),
    );
    expect(wrong.map(shown)).toEqual([]);
  });
});
