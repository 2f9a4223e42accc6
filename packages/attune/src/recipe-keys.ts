import { type Config, choice, group, joinOtherKeys, type OtherKeys, text } from '@attune/config';
import { peftKeys, trlPeftKeys } from '@attune/peft';
import { type Algorithm, dataConfig, modelConfig } from '@attune/trainer';

/** The device of every command that computes. */
export const deviceConfig = group('Device', {
  device: choice(
    undefined,
    ['auto', 'gpu', 'lavapipe', 'swiftshader'],
    'WebGPU device that computes (without it: the environment variable ATTUNE_DEVICE, else auto).',
    { trl: false },
  ),
});

/** The flag that names a recipe. */
export const recipeConfig = group('Recipe', {
  config: text(undefined, 'Recipe: a YAML file of the keys below. Flags win over it.', {
    trl: false,
  }),
});

// biome-ignore lint/suspicious/noExplicitAny: an algorithm of any config and options
export type AnyAlgorithm = Algorithm<any, any>;

/** The keys of a recipe of an algorithm: which model and rows, the algorithm's own arguments, what trains. */
export const recipeKeys = ({ config, optionKeys = {}, peftDefaults }: AnyAlgorithm): Config => ({
  ...modelConfig,
  ...deviceConfig,
  ...dataConfig,
  ...optionKeys,
  ...config,
  ...peftKeys,
  ...(peftDefaults && {
    loraTaskType: {
      ...peftKeys.loraTaskType,
      default: (peftDefaults as { taskType?: string }).taskType,
    },
  }),
});

/** TRL's keys that a recipe of the algorithm may hold, and that are none here. */
export const recipeOtherKeys = ({ otherKeys }: AnyAlgorithm): OtherKeys =>
  joinOtherKeys(otherKeys, trlPeftKeys);
