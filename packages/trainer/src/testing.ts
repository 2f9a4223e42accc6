import { readFileSync } from 'node:fs';
import { bytesFromPath, readSafetensors } from '@attune/model';
import type { StepReport } from './index.ts';

/** What the tests of trainers hold to a recorded run. */
export interface Running {
  steps(): AsyncIterable<StepReport>;
  trained(): Promise<Map<string, Float32Array>>;
  readonly trainable: { readonly count: number };
}

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

/** A recipe's keys as trainers name them. */
export function camelKeys(recipe: Record<string, unknown>): Record<string, unknown> {
  const camel = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(recipe).map(([key, value]) => [camel(key), value]));
}

/** The reports of up to `steps` steps. */
export async function train(
  trainer: Pick<Running, 'steps'>,
  steps = Number.POSITIVE_INFINITY,
): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for await (const report of trainer.steps()) {
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
