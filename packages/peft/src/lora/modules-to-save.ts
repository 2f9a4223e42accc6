import { AttuneError, nearest } from '@attune/gpu';
import { expectedTensors, type ModelConfig } from '@attune/model';
import { modulePaths } from '../targets.ts';
import { outputTensor, tableTensor } from '../tied.ts';
import type { LoraSettings } from './lora.config.ts';

/** What PEFT adds to `modules_to_save` of a classifier; models have one of them. */
export const classifierModules = ['classifier', 'score'];

/** The tensors that train whole, and what becomes of a tied output layer. */
export interface SavedModules {
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /**
   * Of a model whose output layer is its embedding table: `parts` where the two are one no longer (the output layer
   * has its own numbers, or keeps the base table); `follows` where it goes on being the table, also as it trains.
   */
  readonly output: 'parts' | 'follows';
  /** A further name under which the file holds a trained tensor: the tied output layer. */
  readonly twin?: readonly [trained: string, also: string];
}

/**
 * The modules that PEFT trains whole: those whose path ends as a name of `modules_to_save` does, wherever in a word,
 * with all that they hold; for a classifier its head too.
 * @throws AttuneError `missing-score-head`; `no-modules-to-save` for a name that no module has
 */
export function savedModules(
  model: ModelConfig,
  { modulesToSave, taskType, ensureWeightTying }: LoraSettings,
): SavedModules {
  const classifies = taskType === 'SEQ_CLS';
  if (classifies && model.head !== 'score') {
    throw new AttuneError(
      'missing-score-head',
      `The adapter is for a classifier (task type SEQ_CLS), but ${model.architecture} has no score head.`,
      'Use it with a reward model (attune reward, attune score), or train with lora_task_type CAUSAL_LM.',
    );
  }
  const names = new Set([...(modulesToSave ?? []), ...(classifies ? classifierModules : [])]);
  const paths = modulePaths(model);
  for (const name of names) {
    if (paths.some((path) => path.endsWith(name))) continue;
    if (classifies && classifierModules.includes(name)) continue;
    throw unmatched(name, paths);
  }
  const [table, output] = [tableTensor(model), outputTensor];
  const tied = model.tieWordEmbeddings && model.head === 'lm';
  const tensors = [...expectedTensors(model)];
  if (tied) tensors.push({ name: output, shape: [model.vocabSize, model.hiddenSize] });
  // In the order of the names, each tensor once.
  const saved = new Set(
    [...names].flatMap((module) => tensors.filter(({ name }) => isWithin(name, module))),
  );
  const touched = [...saved].some(({ name }) => name === table || name === output);
  if (!tied || !touched) return { tensors: [...saved], output: 'follows' };
  if (!ensureWeightTying) return { tensors: [...saved], output: 'parts' };
  const one = tensors.find(({ name }) => name === table)!;
  const rest = [...saved].filter(({ name }) => name !== table && name !== output);
  return { tensors: [one, ...rest], output: 'follows', twin: [table, output] };
}

/** Whether a tensor belongs to a module whose path ends so, or to one within it. */
function isWithin(tensor: string, module: string): boolean {
  const parts = tensor.split('.').slice(0, -1);
  return parts.some((_, i) =>
    parts
      .slice(0, i + 1)
      .join('.')
      .endsWith(module),
  );
}

function unmatched(name: string, paths: readonly string[]): AttuneError {
  const known = [...new Set(paths.map((path) => path.split('.').at(-1)!))];
  const near = nearest(name, known);
  return new AttuneError(
    'no-modules-to-save',
    `modules_to_save names ${name}, which the model does not have.`,
    `${near ? `Did you mean ${near}? ` : ''}Name modules of the model, such as lm_head or embed_tokens.`,
  );
}
