// Writes the indexes of the trainers' packages and packages/attune/src/algorithms.ts: every algorithm's folder, found by
// pattern, so that adding one needs no registration. Alone: `node scripts/algorithms-index.mjs`; vitest and the set-up
// call it too.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../packages', import.meta.url));
const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());

/** Algorithm folders `packages/P/src/X` with X.config.ts and X.ts, by package. */
export function algorithmFolders(root = packages) {
  const found = new Map();
  for (const name of readdirSync(root).sort()) {
    const source = join(root, name, 'src');
    if (name === 'attune' || !existsSync(source)) continue;
    const folders = readdirSync(source)
      .filter((x) => existsSync(join(source, x, `${x}.config.ts`)))
      .filter((x) => /\balgorithm\(/.test(read(join(source, x, `${x}.ts`))))
      .sort();
    if (folders.length > 0) found.set(name, folders);
  }
  return found;
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

function write(file, text) {
  const whole = `// Written by scripts/algorithms-index.mjs from the folders here.\n${text}`;
  if (read(file) !== whole) writeFileSync(file, whole);
}

/** Writes the indexes where their content changed; returns the algorithms by package. */
export function writeAlgorithmsIndex(root = packages) {
  const found = algorithmFolders(root);
  for (const [name, folders] of found) {
    const source = join(root, name, 'src');
    const entries = folders.flatMap((x) =>
      ['config', 'loss', '']
        .map((part) => `${x}/${[x, part].filter(Boolean).join('.')}.ts`)
        .filter((file) => existsSync(join(source, file))),
    );
    // What else a package shows stands in exports.ts.
    if (existsSync(join(source, 'exports.ts'))) entries.unshift('exports.ts');
    write(join(source, 'index.ts'), entries.map((file) => `export * from './${file}';\n`).join(''));
  }
  const imports = [...found].map(
    ([name, folders]) => `import { ${folders.map(camel).join(', ')} } from '@attune/${name}';\n`,
  );
  const all = [...found.values()].flat().map(camel);
  write(
    join(root, 'attune/src/algorithms.ts'),
    `${imports.join('')}
/** Every algorithm, in the order of \`attune --help\`. */
export const algorithms = [${all.join(', ')}].sort((a, b) => a.order - b.order);
`,
  );
  return found;
}

/** vitest's globalSetup. */
export default function setup() {
  writeAlgorithmsIndex();
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const [name, folders] of writeAlgorithmsIndex()) {
    console.log(`packages/${name}: ${folders.join(', ')}`);
  }
}
