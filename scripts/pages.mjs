/**
 * The pages of the site and their Chinese siblings: `x.mdx` and `x.zh-Hans.mdx` in docs/ and kernels/.
 *
 *   node scripts/pages.mjs            checks: siblings, freshness, the eight parts, links to code
 *   node scripts/pages.mjs --sign F…  notes in a Chinese page that it follows the English one as it is now
 *
 * A Chinese page names in `source:` the hash of the English text that it was made from.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup.mjs';

/** The parts of a concept or kernel page, in their order (heading ids). */
export const parts = ['idea', 'formula', 'figure', 'source', 'run', 'watch', 'limits', 'exercises'];

const instances = [
  { folder: 'docs', plugin: 'docusaurus-plugin-content-docs' },
  { folder: 'kernels', plugin: 'docusaurus-plugin-content-docs-kernels' },
];
const chinese = (file) => file.replace(/\.mdx$/, '.zh-Hans.mdx');

/** English pages below docs/ and kernels/, from the root. */
export function englishPages() {
  return instances.flatMap(({ folder }) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter((file) => /\.mdx$/.test(file) && !/\.zh-Hans\.mdx$|node_modules|dist\//.test(file))
      .sort(),
  );
}

export function frontMatter(text) {
  const match = /^---\n([\s\S]*?)\n---\n/.exec(text);
  const pairs = (match?.[1] ?? '').split('\n').map((line) => line.split(/:\s*(.*)/s));
  return { fields: Object.fromEntries(pairs), body: text.slice(match?.[0].length ?? 0) };
}

/** Paths that a page names by `<File path="…" />` and that are not there. */
const missingFiles = (body) =>
  [...body.matchAll(/<File path="([^"]+)"/g)]
    .map(([, path]) => path)
    .filter((path) => !existsSync(join(root, path)));

const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 12);
const read = (file) => readFileSync(join(root, file), 'utf8');
const headings = (body) => [...body.matchAll(/^##+ .*\{#([\w-]+)\}$/gm)].map(([, id]) => id);

/** Symbols of a page's formulas that no source shown beside them knows. */
function strangers(file, body) {
  const sources = [...body.matchAll(/^import \w+ from '(?:!!)?(\.[^'?]+)(?:\?source)?';$/gm)]
    .map(([, path]) => join(root, dirname(file), path))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  const symbols = [...body.matchAll(/\\htmlData\{sym=([^}]+)\}/g)].map(([, name]) => name);
  return [...new Set(symbols)].filter((name) => {
    const words = name.replaceAll('.', '\\.');
    return !new RegExp(`(?<![\\w.])(?:${words})(?!\\w)`).test(sources);
  });
}

/** What is wrong with the pages, a sentence each. */
export function problems() {
  const found = [];
  for (const file of englishPages()) {
    const text = read(file);
    const { fields, body } = frontMatter(text);
    for (const key of ['title', 'description'])
      if (!fields[key]) found.push(`${file} has no ${key}.`);
    const own = headings(body);
    // Lists and guides say so; every other page explains one thing, in eight parts.
    if (fields.kind === undefined) {
      const have = own.filter((id) => parts.includes(id));
      if (have.join() !== parts.join()) {
        found.push(
          `${file} has the parts ${have.join(', ') || 'of none'}; wanted are ${parts.join(', ')}.`,
        );
      }
    }
    for (const path of missingFiles(body)) found.push(`${file} names ${path}, which is not there.`);
    for (const name of strangers(file, body)) {
      found.push(`${file} ties a symbol to ${name}, which stands in none of its sources.`);
    }
    const recorded = file.replace(/\.mdx$/, '.run.json');
    if (
      body.includes(`/${recorded.split('/').at(-1)}'`) &&
      Object.keys(JSON.parse(read(recorded))).length === 0
    ) {
      found.push(`${recorded} is empty: npm run site:record.`);
    }
    const sibling = chinese(file);
    if (!existsSync(join(root, sibling))) {
      found.push(`${sibling} is missing.`);
      continue;
    }
    const other = frontMatter(read(sibling));
    for (const path of missingFiles(other.body))
      found.push(`${sibling} names ${path}, which is not there.`);
    if (other.fields.source !== hashOf(body)) {
      found.push(`${sibling} follows an older ${file}: translate what changed, then --sign it.`);
    }
    if (headings(other.body).join() !== own.join())
      found.push(`${sibling} has other headings than ${file}.`);
  }
  return found;
}

/** Notes in Chinese pages the hash of the English text as it is now. */
export function sign(files) {
  for (const file of files) {
    const english = file.replace('.zh-Hans.mdx', '.mdx');
    const sibling = chinese(english);
    const hash = hashOf(frontMatter(read(english)).body);
    const text = read(sibling);
    const signed = /^source: .*$/m.test(text)
      ? text.replace(/^source: .*$/m, `source: ${hash}`)
      : text.replace(/^---\n/, `---\nsource: ${hash}\n`);
    writeFileSync(join(root, sibling), signed);
  }
}

/** Puts Chinese pages where Docusaurus looks for them. Their relative imports are turned to the originals. */
export function placeChinesePages() {
  const base = join(root, 'website/i18n/zh-Hans');
  for (const { folder, plugin } of instances) {
    const target = join(base, plugin, 'current');
    rmSync(target, { recursive: true, force: true });
    for (const file of englishPages().filter((each) => each.startsWith(`${folder}/`))) {
      const sibling = chinese(file);
      if (!existsSync(join(root, sibling))) continue;
      const out = join(target, relative(folder, file));
      const up = `${relative(dirname(out), join(root, dirname(file))).replaceAll('\\', '/')}/`;
      mkdirSync(dirname(out), { recursive: true });
      const text = read(sibling).replace(
        /^(import .* from '(?:!!)?)(\.\.?\/)/gm,
        (_, start, path) => `${start}${up}${path}`,
      );
      writeFileSync(out, text);
    }
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  if (args[0] === '--sign') sign(args.slice(1).map((file) => relative(root, resolve(file))));
  else {
    const found = problems();
    for (const problem of found) console.error(problem);
    const pages = englishPages().length;
    console.log(
      `${pages} pages, ${pages - new Set(found.map((line) => line.split(' ')[0])).size} in order`,
    );
    process.exitCode = found.length ? 1 : 0;
  }
}
