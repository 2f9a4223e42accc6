import { fileURLToPath } from 'node:url';
import { openModel } from '@attune/model';
import { tinyArguments, tinyLora, tinyModelFolder, tinyRecipe } from '@attune/tiny';
import { expect, test } from 'vitest';
import { readRecipe } from '../command-line/recipe.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { sftKeys } from '../keys/sft-keys.ts';
import { datasetOptions, sftArguments } from '../training/arguments.ts';
import { chooseMethod } from '../training/method.ts';

test('the recipe of the embedded model says what npm start and the page run', async () => {
  const defaults = Object.fromEntries(
    sftKeys.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])),
  );
  const recipe = await readRecipe(fileURLToPath(tinyRecipe()), sftKeys, ignoredKeys);
  const values = { ...defaults, ...recipe.values };
  expect(sftArguments(values)).toEqual(tinyArguments);
  expect(datasetOptions(values)).toMatchObject({ maxLength: 128, completionOnlyLoss: true });
  const { lora } = await chooseMethod(values, await openModel(fileURLToPath(tinyModelFolder())));
  expect(lora!.config).toMatchObject(tinyLora);
});
