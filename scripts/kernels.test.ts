import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { operations } from './kernels-index.mjs';

const kernels = fileURLToPath(new URL('../kernels', import.meta.url));
const read = (file: string) => readFileSync(join(kernels, file), 'utf8');
const has = (file: string) => existsSync(join(kernels, file));

/** Every file below kernels/, from there. */
const files = readdirSync(kernels, { recursive: true })
  .map((file) => String(file).replaceAll('\\', '/'))
  .filter((file) => !/(^|\/)(node_modules|dist|fixtures|results)(\/|$)/.test(file))
  .filter((file) => /\.\w+$/.test(basename(file)));

/** Tables of other kernels, which compute nothing themselves. */
const tables = ['losses/dpo-losses'];
const folders = (operations(kernels) as string[])
  .map((entry) => dirname(entry))
  .filter((folder) => !tables.includes(folder));

/** What kernels still lack. Whoever supplies it takes it out here; nothing may be added. */
const owed: Readonly<Record<string, readonly string[]>> = {
  'activations/geglu': ['bench', 'page'],
  gae: ['bench', 'page'],
  'kl-reward': ['bench', 'page'],
  'losses/ppo-kl-penalty': ['bench', 'page'],
  whiten: ['bench', 'page'],
};

const sourcesOf = (page: string) =>
  [...read(page).matchAll(/^import \w+ from '(?:!!)?(\.[^'?]+)(?:\?source)?';$/gm)].map(
    ([, path]) => join(dirname(page), path!).replaceAll('\\', '/'),
  );
const pages = files.filter((file) => /(?<!\.zh-Hans)\.mdx$/.test(file));
const isTranslated = (page: string) => has(page.replace(/\.mdx$/, '.zh-Hans.mdx'));

/** Its own page, or one of its family that shows its wrapper or its shader: tiny kernels share one. */
function hasPage(folder: string): boolean {
  const family = folder.split('/')[0]!;
  const name = basename(folder);
  const own = (file: string) =>
    dirname(file) === folder && (basename(file) === `${name}.ts` || file.endsWith('.wgsl'));
  return pages.some(
    (page) =>
      isTranslated(page) &&
      (page === `${folder}/${name}.mdx` ||
        (page.startsWith(`${family}/`) && sourcesOf(page).some(own))),
  );
}

/** The kernel's own shapes worth timing, or what its page runs. */
const hasBench = (path: string) =>
  has(`${path}.bench.ts`) ||
  (has(`${path}.live.ts`) && /export (const|\{) ?run\b/.test(read(`${path}.live.ts`)));

function lacking(folder: string): string[] {
  const path = `${folder}/${basename(folder)}`;
  return [
    ...(has(`${path}.reference.ts`) ? [] : ['reference']),
    ...(has(`${path}.test.ts`) ? [] : ['test']),
    ...(has(`${path}.gpu.test.ts`) ? [] : ['gpu test']),
    ...(hasBench(path) ? [] : ['bench']),
    ...(hasPage(folder) ? [] : ['page']),
  ];
}

test('every kernel has its reference, test, GPU test, page in both languages, and bench', () => {
  expect(folders.length).toBeGreaterThan(70);
  const found = folders.map((folder) => [folder, lacking(folder)] as const);
  expect(Object.fromEntries(found.filter(([, lacks]) => lacks.length))).toEqual(owed);
});

test('the files of a kernel have its name for their stem', () => {
  const wrong = files.filter((file) => {
    const folder = folders.find((folder) => dirname(file) === folder);
    const supports = /^(checks|testing)\.ts$/.test(basename(file));
    return folder && !supports && !basename(file).startsWith(`${basename(folder)}.`);
  });
  expect(wrong).toEqual([]);
});

const shaders = files.filter((file) => file.endsWith('.wgsl'));
const included = (file: string) =>
  [...read(file).matchAll(/^#include "([^"]+)"$/gm)].map(([, name]) => name!);

test('no two shaders have one name, each include is one of them, and each is imported somewhere', () => {
  const names = shaders.map((file) => basename(file));
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  const missing = shaders.flatMap((file) =>
    included(file).flatMap((name) => (names.includes(name) ? [] : [`${file} includes ${name}`])),
  );
  expect(missing).toEqual([]);
  const code = files.filter((file) => file.endsWith('.ts')).map((file) => read(file));
  const unused = shaders.filter(
    (file) => !code.some((text) => text.includes(`${basename(file)}'`)),
  );
  expect(unused).toEqual([]);
});

test('a page that shows a shader of its folder shows what that includes', () => {
  const wrong = pages.flatMap((page) => {
    const shown = sourcesOf(page);
    const own = shown.filter((file) => file.endsWith('.wgsl') && dirname(file) === dirname(page));
    const wanted = own.flatMap((file) => included(file));
    return wanted
      .filter((name) => !shown.some((file) => basename(file) === name))
      .map((name) => `${page} does not show ${name}`);
  });
  expect([...new Set(wrong)]).toEqual([]);
});

test('kernels import one another in no circle, types apart', () => {
  const modules = files.filter((file) => /\.ts$/.test(file) && !file.endsWith('.d.ts'));
  const imported =
    /^(?:import|export)\s(?!type\s)(?!\{(?:\s*type\s[^,}]+,?)+\s*\})[^'"`;]*?\sfrom\s+'(\.[^']+\.ts)'/gm;
  const targets = new Map(
    modules.map((file) => [
      file,
      [...read(file).matchAll(imported)].map(([, path]) =>
        relative(kernels, resolve(kernels, dirname(file), path!)).replaceAll('\\', '/'),
      ),
    ]),
  );
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file) || path.includes(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of modules) visit(file, []);
  expect(circles).toEqual([]);
});
