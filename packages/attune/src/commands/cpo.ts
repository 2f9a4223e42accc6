import type { Command } from '../command-line/command.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { cpoKeys } from '../keys/preference-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { findModel } from '../session.ts';
import { trainCpo } from '../training/preference.ts';

export const cpo: Command = {
  name: 'cpo',
  summary: 'Trains a model to prefer better answers, without a reference (CPO, SimPO, AlphaPO).',
  description:
    "Contrastive preference optimisation by TRL's rules, on rows of {prompt, chosen, rejected}. SimPO is loss_type simpo with cpo_alpha 0.",
  example: `attune cpo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name pairs.jsonl \\
  --loss_type simpo --cpo_alpha 0 --beta 2 --use_peft --learning_rate 1e-5 --output_dir preferred
attune cpo --config recipe.yaml`,
  options: [...recipeKeys, ...cpoKeys],
  ignored: ignoredKeys,
  required: ['model_name_or_path', 'output_dir'],
  async run(values, context) {
    await trainCpo(values, await findModel(values, context.terminal), context);
  },
};
