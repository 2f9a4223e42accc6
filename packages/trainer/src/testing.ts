import { existsSync, readFileSync } from 'node:fs';
import { type ArgsOf, type Config, camelCase, readValues } from '@attune/config';
import { bytesFromPath, readSafetensors } from '@attune/model';
import type { AnyTrainer, StepReport } from './index.ts';

/** What the tests of trainers hold to a recorded run. */
export type Running = Pick<AnyTrainer, 'train' | 'trained' | 'trainable'>;

/**
 * The flat `key: value` lines of a recipe, and the lists that are named: enough for recorded runs, the command
 * line reads real YAML.
 */
// biome-ignore lint/suspicious/noExplicitAny: a recipe's values are of any kind.
export function readRecipe(path: string, lists: readonly string[]): any {
  // biome-ignore lint/suspicious/noExplicitAny: a recipe's values are of any kind.
  const recipe: any = {};
  let last = '';
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const pair = /^(?:- | {2})?(\w+):(?: (\S.*))?$/.exec(line);
    const item = /^- (\S+)$/.exec(line);
    if (pair) {
      last = pair[1]!;
      recipe[last] = pair[2] === undefined ? [] : scalar(pair[2]);
    } else if (item && lists.includes(last)) recipe[last].push(scalar(item[1]!));
  }
  return recipe;
}

function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text.replaceAll("'", '') : Number(text);
}

/** A recorded run as a trainer takes it: its model, rows, adapter to go on with, and arguments. */
export function recordedRun<C extends Config>(
  folder: string,
  config: C,
  lists: readonly string[] = [],
) {
  const recipe = readRecipe(`${folder}/recipe.yaml`, lists);
  const own = Object.entries(recipe).filter(([key]) => camelCase(key) in config);
  const reading = { where: folder, spelling: 'snake' } as const;
  const { values } = readValues(config, Object.fromEntries(own), reading);
  const { outputDir: _, reportTo: __, ...args } = values;
  return {
    recipe,
    model: `${folder}/${recipe.model_name_or_path}`,
    trainDataset: `${folder}/${recipe.data_files}`,
    ...(existsSync(`${folder}/initial`) && { adapter: `${folder}/initial` }),
    args: args as ArgsOf<C>,
    log: () => {},
  };
}

/** The reports of up to `steps` steps. */
export async function train(
  trainer: Pick<Running, 'train'>,
  steps = Number.POSITIVE_INFINITY,
): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for await (const report of trainer.train()) {
    reports.push(report);
    if (reports.length >= steps) break;
  }
  return reports;
}

/** Keys of a recorded step that are the loop's, not the trainer's. */
export const ofTheLoop = ['loss', 'grad_norm', 'learning_rate', 'num_tokens', 'epoch', 'step'];

/** The largest difference of a trained number from the one recorded in the safetensors file at `path`. */
export async function farthest(trainer: Running, path: string): Promise<number> {
  const truth = await readSafetensors(await bytesFromPath(path));
  let worst = 0;
  for (const [name, have] of await trainer.trained()) {
    const want = await truth.float32(truth.has(name) ? name : `base_model.model.${name}`);
    for (let i = 0; i < want.length; i++) worst = Math.max(worst, Math.abs(want[i]! - have[i]!));
  }
  return worst;
}
