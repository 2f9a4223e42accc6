import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commands } from '../commands/list.ts';
import { readRecipe } from './recipe.ts';

const folder = fileURLToPath(new URL('../../../tiny/recipes', import.meta.url));
const recipes = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
/** Losses that are named for themselves, and whose command they are. */
const kin: Readonly<Record<string, string>> = { ipo: 'dpo', simpo: 'cpo' };

test.each(recipes)('the recipe %s is read by its command', async (file) => {
  const last = file.replace('.yaml', '').split('-').at(-1)!;
  const command = commands.find(({ name }) => name === (kin[last] ?? last))!;
  const { values } = await readRecipe(`${folder}/${file}`, command.options, command.ignored!);
  expect(values).toMatchObject({ model_name_or_path: 'model', seed: 42 });
});
