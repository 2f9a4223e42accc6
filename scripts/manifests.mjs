// Writes into each package.json what it shares with the root's: where the repository is. To move the project, change
// `repository` in the root's package.json and run this.
//   node scripts/manifests.mjs            writes what differs
//   node scripts/manifests.mjs --check    names what differs
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/** Folders of packages, private ones too. */
export const packageFolders = () =>
  ['kernels', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)].filter(
    (folder) => existsSync(join(root, folder, 'package.json')),
  );

/** The package's manifest as it should be. */
export function manifestOf(folder) {
  const { repository } = read('.');
  const address = repository.url.replace(/^git\+|\.git$/g, '');
  const { name, version, private: hidden, description, keywords, license, ...rest } = read(folder);
  const { repository: _, homepage: __, bugs: ___, author, ...others } = rest;
  return {
    name,
    version,
    ...(hidden && { private: hidden }),
    description,
    ...(keywords && { keywords }),
    license,
    ...(author && { author }),
    repository: { ...repository, directory: folder },
    homepage: `${address}/tree/main/${folder}#readme`,
    bugs: `${address}/issues`,
    ...others,
  };
}

/** Folders whose package.json differs from that. */
export function staleManifests() {
  return packageFolders().filter(
    (folder) => JSON.stringify(read(folder)) !== JSON.stringify(manifestOf(folder)),
  );
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const stale = staleManifests();
  const check = process.argv.includes('--check');
  for (const folder of stale) {
    const file = join(root, folder, 'package.json');
    if (!check) writeFileSync(file, `${JSON.stringify(manifestOf(folder), null, 2)}\n`);
    console.log(`${folder}/package.json ${check ? 'differs' : 'written'}`);
  }
  process.exitCode = check && stale.length ? 1 : 0;
}
