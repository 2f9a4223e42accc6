import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { packageFolders, staleManifests } from './manifests.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

describe.each(packageFolders())('%s', (folder) => {
  const manifest = JSON.parse(read(`${folder}/package.json`));

  test('says what npm shows and needs: description, keywords, licence, engines', () => {
    expect(manifest.description).toBeTruthy();
    expect(manifest.keywords.length).toBeGreaterThan(2);
    expect(manifest.license).toBe('Apache-2.0');
    expect(manifest.engines.node).toBe('>=20.19');
    if (manifest.private) return;
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
  });

  test('has a README with its name, how to install it, and an example of it', () => {
    const text = read(`${folder}/README.md`);
    expect(text.split('\n')[0]).toMatch(new RegExp(`^# ${manifest.name}`));
    const code = [...text.matchAll(/^```(?:ts|sh)\n(.*?)^```$/gms)].map(([, block]) => block!);
    if (!manifest.private) expect(code[0]).toMatch(/^npm i .*attune/);
    const example = /from '(@?[\w/-]+)'|npx attune|npm run/g;
    expect(code.slice(manifest.private ? 0 : 1).join('\n')).toMatch(example);
  });
});

test('package.json files name the repository that the root names: node scripts/manifests.mjs', () => {
  expect(staleManifests()).toEqual([]);
});

test('links of READMEs and of the front door lead to files', () => {
  const documents = [
    ...readdirSync(root).filter((file) => file.endsWith('.md')),
    ...packageFolders().map((folder) => `${folder}/README.md`),
  ];
  const dead = documents.flatMap((file) =>
    [...read(file).matchAll(/\]\((?!https?:)([^)#\s]+)/g)]
      .map(([, path]) => join(dirname(file), path!))
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${file}: ${path}`),
  );
  expect(dead).toEqual([]);
});

test('workflows pin what they use by its commit, and start without permissions', () => {
  const at = '.github/workflows';
  const texts = readdirSync(join(root, at)).map((file) => [file, read(`${at}/${file}`)] as const);
  expect(texts.length).toBeGreaterThan(2);
  const loose = texts.flatMap(([file, text]) =>
    [...text.matchAll(/uses: (.*)/g)]
      .filter(([, used]) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used!))
      .map(([line]) => `${file}: ${line}`),
  );
  expect(loose).toEqual([]);
  for (const [file, text] of texts) expect(text, file).toMatch(/^permissions: \{\}$/m);
});
