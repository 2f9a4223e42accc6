import { fileURLToPath } from 'node:url';
import { defaultsOf } from '@attune/config';
import { tuningMethod } from '@attune/peft';
import { sft, sftConfig } from '@attune/sft';
import { openTinyModel, tinyArgs, tinyPeft, tinyRecipe } from '@attune/tiny';
import { expect, test } from 'vitest';
import { readRecipe } from '../command-line/recipe.ts';
import { terminalOf } from '../command-line/terminal.ts';
import { recipeKeys, recipeOtherKeys } from '../recipe-keys.ts';
import { trainerOptions } from './train.ts';

test('the recipe of the embedded model says what npm start and the page run', async () => {
  const keys = recipeKeys(sft);
  const recipe = await readRecipe(fileURLToPath(tinyRecipe()), keys, recipeOtherKeys(sft));
  const context = {
    terminal: terminalOf(process.stdout, process.stderr, {}),
    verbose: false,
    signal: new AbortController().signal,
  };
  const values = { ...defaultsOf(keys), ...recipe.values };
  const { args, peftConfig } = trainerOptions(sft, values, context);
  const { outputDir: _, ...expected } = { ...defaultsOf(sftConfig), ...tinyArgs };
  const { outputDir, ...own } = { ...defaultsOf(sftConfig), ...args };
  expect(outputDir).toBe('out/sft');
  expect(own).toEqual(expected);
  const model = await openTinyModel();
  const [ours, theirs] = [tinyPeft, peftConfig].map((peft) => tuningMethod(peft, model));
  expect(ours!.tensors).toEqual(theirs!.tensors);
});
