// Writes website/src/keys/keys.json: the keys of every algorithm's recipe, from its config, for the tables of the site and
// the Studio's form. `scripts/site.mjs` calls it after the packages are built.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** Keys by algorithm and their heading, as plain data. */
export async function writeSiteKeys() {
  const { algorithms, recipeKeys, snakeCase } = await import('attune');
  const plain = ([name, key]) => {
    const { kind, help, choices, default: standard, min, max, group, trl } = key;
    return { name: snakeCase(name), kind, help, choices, default: standard, min, max, group, trl };
  };
  const all = algorithms.map((algorithm) => ({
    name: algorithm.name,
    summary: algorithm.summary,
    trlCommand: algorithm.trlCommand,
    keys: Object.entries(recipeKeys(algorithm)).map(plain),
  }));
  writeFileSync(join(root, 'website/src/keys/keys.json'), `${JSON.stringify(all)}\n`);
}
