import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commands } from '../commands/list.ts';
import { keysOf } from './command.ts';
import { readRecipe } from './recipe.ts';

const folder = fileURLToPath(new URL('../../../tiny/recipes', import.meta.url));
const recipes = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
/** Losses that have a recipe of their own, and whose command they are. */
const commandOf: Readonly<Record<string, string>> = { ipo: 'dpo', simpo: 'cpo' };

test.each(recipes)('the recipe %s is read by its command', async (file) => {
  const last = file.replace('.yaml', '').split('-').at(-1)!;
  const command = commands.find(({ name }) => name === (commandOf[last] ?? last))!;
  const { values } = await readRecipe(`${folder}/${file}`, keysOf(command), command.otherKeys);
  expect(values).toMatchObject({ modelNameOrPath: 'model', seed: 42 });
});
