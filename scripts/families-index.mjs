// Writes packages/model/src/families/index.ts: every model family, found by pattern, so that adding one needs no
// registration. Alone: `node scripts/families-index.mjs`; vitest and the set-up call it too.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../packages/model/src/families', import.meta.url));

/** Names of the folders `<name>/<name>.ts`, sorted. */
export function familyNames(root = folder) {
  return readdirSync(root)
    .filter((name) => existsSync(join(root, name, `${name}.ts`)))
    .sort();
}

/** Writes the index where its content changed; returns the names. */
export function writeFamiliesIndex(root = folder) {
  const names = familyNames(root);
  const text = `// Written by scripts/families-index.mjs from the folders here.
import type { Family } from './family.ts';
${names.map((name) => `import { family as ${name} } from './${name}/${name}.ts';`).join('\n')}

export const families: readonly Family[] = [${names.join(', ')}];
`;
  const file = join(root, 'index.ts');
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  return names;
}

/** vitest's globalSetup. */
export default function setup() {
  writeFamiliesIndex();
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  console.log(`families: ${writeFamiliesIndex().join(', ')}`);
}
