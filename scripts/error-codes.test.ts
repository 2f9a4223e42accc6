import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { errorCodes } from '../packages/gpu/src/error-codes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const skipped = /^(node_modules|dist|fixtures|build|error-codes)$/;

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return skipped.test(entry.name) ? [] : files(path);
    return /(?<!\.test|\.d)\.(ts|tsx|mjs)$/.test(path) ? [path] : [];
  });
}

/** The sources that can throw, without their comments. */
const sources = ['kernels', 'packages', 'website/src'].flatMap(files).map((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return { file, text: text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '') };
});
const tables: Record<string, { en: string[]; zh: string[] }>[] = Object.values(errorCodes);
const codes = tables.flatMap((table) => Object.keys(table));

test('every code stands in one table, with a sentence of cause and one of remedy in each language', () => {
  expect(codes.length).toBe(new Set(codes).size);
  for (const [code, { en, zh }] of tables.flatMap((table) => Object.entries(table))) {
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect([en.length, zh.length], code).toEqual([2, 2]);
    for (const sentence of en) expect(sentence, code).toMatch(/[.!?]$/);
    for (const sentence of zh) expect(sentence, code).toMatch(/[。！？]$/);
  }
});

// The compiler sees to it too; here is said in words what to do.
test('every code that is thrown stands in packages/gpu/src/error-codes: add it there, with its cause and remedy', () => {
  const thrown = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/new AttuneError\(\s*'([^']+)'/g)].map(([, code]) => ({ file, code: code! })),
  );
  expect(thrown.length).toBeGreaterThan(100);
  expect(thrown.filter(({ code }) => !codes.includes(code))).toEqual([]);
});

test('every code of the tables is thrown somewhere: take out of them what no source throws', () => {
  const all = sources.map(({ text }) => text).join('\n');
  const idle = codes.filter((code) =>
    code.includes('-') ? !all.includes(`'${code}'`) : !all.includes(`(\n    '${code}'`),
  );
  expect(idle).toEqual([]);
});
