import type { Option } from '../command-line/option.ts';

/** The flag that names a recipe. */
export const recipeKeys: readonly Option[] = [
  {
    name: 'config',
    kind: 'text',
    help: 'A recipe: a YAML file of the keys below. Flags win over it.',
    group: 'Recipe',
  },
];
