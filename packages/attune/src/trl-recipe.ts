import { type Config, camelCase } from '@attune/config';
import { stringify } from 'yaml';
import { algorithms } from './algorithms.ts';
import { readRecipe } from './command-line/recipe.ts';
import { usageError } from './command-line/usage.ts';
import { type AnyAlgorithm, recipeKeys, recipeOtherKeys } from './recipe-keys.ts';

/** A recipe for TRL, and what a user should know of it. */
export interface TrlRecipe {
  readonly yaml: string;
  readonly notes: readonly string[];
}

/** File formats of `datasets` by the ending of a file. */
const loaders: Readonly<Record<string, string>> = {
  jsonl: 'json',
  json: 'json',
  ndjson: 'json',
  csv: 'csv',
  parquet: 'parquet',
};

/**
 * A recipe of ours as TRL's command of the same name takes it: keys that are ours alone go, or become TRL's; the user's
 * own keys of TRL stay.
 * @throws AttuneError `bad-value` where TRL's command line cannot express the run
 */
export async function trlRecipe(path: string, command: string): Promise<TrlRecipe> {
  const algorithm: AnyAlgorithm = algorithms.find(({ name }) => name === command)!;
  const keys = recipeKeys(algorithm);
  const { values, content } = await readRecipe(path, keys, recipeOtherKeys(algorithm));
  if (algorithm.trlCommand === undefined) {
    const trl = algorithms.flatMap(({ trlCommand }) => trlCommand ?? []);
    throw usageError(
      'bad-value',
      `TRL has no command ${command}; it has ${[...new Set(trl)].join(', ')}.`,
      `Write a Python script for ${command} with TRL's experimental trainers, or run it here.`,
    );
  }
  expectLora(path, values);
  const notes: string[] = [];
  const kept = Object.entries(content).filter(([name, value]) => {
    if (isTrl(keys, name)) return true;
    if (value !== null && value !== false && !replaced.has(name)) {
      notes.push(`${name} is left out: TRL does not know it.`);
    }
    return false;
  });
  const recipe: Record<string, unknown> = {
    // TRL computes in bf16 unless told otherwise; here everything is float32.
    bf16: false,
    dtype: 'float32',
    report_to: 'none',
    ...Object.fromEntries(kept),
  };
  if (recipe.report_to === null) recipe.report_to = 'none';
  if (values.peftType === 'LORA') recipe.use_peft = true;
  // TRL's own default leaves a new score head untrained.
  if (recipe.use_peft === true && algorithm.peftDefaults) {
    recipe.lora_task_type = (algorithm.peftDefaults as { taskType?: string }).taskType;
  }
  asMixture(recipe, notes);
  if (content.eval_dataset != null && (recipe.eval_strategy ?? 'no') !== 'no') {
    recipe.eval_strategy = 'no';
    notes.push(
      'eval_dataset is left out and eval_strategy is no: TRL holds rows out with test_split_size.',
    );
  }
  if (recipe.resume_from_checkpoint != null) {
    delete recipe.resume_from_checkpoint;
    notes.push('resume_from_checkpoint is left out: checkpoints of the two are not the same.');
  }
  if (content.adapter_name_or_path != null) {
    notes.push('TRL starts a new adapter: merge the old one into the model first (attune merge).');
  }
  if ((recipe.train_sampling_strategy ?? 'random') === 'random' && !('num_generations' in keys)) {
    notes.push(
      'Rows come in another order there: PyTorch shuffles otherwise. For equal losses set train_sampling_strategy to sequential in both.',
    );
  }
  // PyYAML reads YAML 1.1, where a bare no is false.
  return { yaml: stringify(recipe, { version: '1.1' }), notes };
}

/** Keys of ours that TRL's stand for: they are not lost. */
const replaced = new Set(['peft_type', 'device', 'eval_dataset', 'adapter_name_or_path']);

/** Whether TRL knows a key: one that both have, or one of TRL's that has no effect here. */
function isTrl(keys: Config, name: string): boolean {
  const key = keys[camelCase(name)];
  return key === undefined || key.trl;
}

/** A file in `dataset_name`, which TRL takes for a name of the hub, becomes an entry of `datasets`. */
function asMixture(recipe: Record<string, unknown>, notes: string[]): void {
  const name = recipe.dataset_name;
  const ending = typeof name === 'string' && /\.(\w+)$/.exec(name)?.[1]?.toLowerCase();
  const loader = ending && loaders[ending];
  if (!loader) return;
  delete recipe.dataset_name;
  const entry = { path: loader, data_files: name, split: 'train' };
  recipe.datasets = [...(Array.isArray(recipe.datasets) ? recipe.datasets : []), entry];
  notes.push(`dataset_name ${name} is a file: it stands in datasets, where TRL reads files.`);
}

/** @throws AttuneError `bad-value` for what TRL's command line cannot train */
function expectLora(path: string, values: Readonly<Record<string, unknown>>): void {
  const { adapterConfig, peftType } = values;
  const other = adapterConfig ?? (peftType === 'LORA' ? null : peftType);
  if (other == null) return;
  throw usageError(
    'bad-value',
    `${path} trains by ${other}, and the command line of TRL knows no way to tune but LoRA.`,
    "There, a script of PEFT or AdapterHub gives its trainer the configuration; the recipe's keys are theirs.",
  );
}
