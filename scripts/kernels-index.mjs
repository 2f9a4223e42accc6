// Writes kernels/index.ts: every operation folder, found by pattern, so that adding a kernel
// needs no registration. Alone: `node scripts/kernels-index.mjs`; vitest and the build call it too.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const kernels = fileURLToPath(new URL('../kernels', import.meta.url));

/** The entry of every operation: `<op>/<op>.ts` or `<family>/<op>/<op>.ts`, sorted. */
export function operations(root = kernels) {
  const found = [];
  const visit = (folder, depth) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (!entry.isDirectory() || ['node_modules', 'dist', 'contract'].includes(entry.name))
        continue;
      const inside = folder ? `${folder}/${entry.name}` : entry.name;
      if (existsSync(join(root, inside, `${entry.name}.ts`))) {
        found.push(`${inside}/${entry.name}.ts`);
      }
      if (depth < 1) visit(inside, depth + 1);
    }
  };
  visit('', 0);
  return found.sort();
}

/** The names that a module exports, `export *` of relative modules followed. */
export function exportedNames(file) {
  if (!existsSync(file)) return new Set();
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const names = new Set();
  const declared =
    /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\s*\*?|const|let|var|class|interface|type)\s+([A-Za-z_$][\w$]*)/gm;
  for (const [, name] of text.matchAll(declared)) names.add(name);
  for (const [, list] of text.matchAll(/^export\s+(?:type\s+)?\{([^}]*)\}/gm)) {
    for (const item of list.split(',')) {
      const name = item
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+as\s+/)
        .at(-1);
      if (name && name !== 'default') names.add(name);
    }
  }
  for (const [, path] of text.matchAll(/^export\s+(?:type\s+)?\*\s+from\s+['"](\.[^'"]+)['"]/gm)) {
    for (const name of exportedNames(resolve(file, '..', path))) names.add(name);
  }
  for (const [, name] of text.matchAll(/^export\s+\*\s+as\s+([A-Za-z_$][\w$]*)\s+from/gm)) {
    names.add(name);
  }
  return names;
}

/** Names that two entries export, as sentences; empty when all is well. */
export function collisions(root, entries) {
  const owners = new Map();
  const clashes = [];
  for (const entry of entries) {
    for (const name of exportedNames(join(root, entry))) {
      const owner = owners.get(name);
      if (owner) clashes.push(`kernels/${owner} and kernels/${entry} both export "${name}".`);
      else owners.set(name, entry);
    }
  }
  return clashes;
}

/** Writes the index where its content changed; returns the collisions found. */
export function writeKernelsIndex(root = kernels) {
  const entries = operations(root);
  if (existsSync(join(root, 'contract/index.ts'))) entries.unshift('contract/index.ts');
  const lines = entries.map((entry) => `export * from './${entry}';`);
  const text = `// Written by scripts/kernels-index.mjs from the folders here.\n${lines.join('\n') || 'export {};'}\n`;
  const file = join(root, 'index.ts');
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  return { file, entries, clashes: collisions(root, entries) };
}

/** vitest's globalSetup: says a collision aloud; `npm test` and the build refuse it. */
export default function setup() {
  for (const clash of writeKernelsIndex().clashes) console.error(`kernels-index: ${clash}`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { file, entries, clashes } = writeKernelsIndex();
  for (const clash of clashes)
    console.error(`${clash} Rename one: all operations share one entry.`);
  console.log(
    `${relative(process.cwd(), file)}: ${entries.length} modules, ${clashes.length} collisions`,
  );
  process.exitCode = clashes.length ? 1 : 0;
}
