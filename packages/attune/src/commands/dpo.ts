import type { Command } from '../command-line/command.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { dpoKeys } from '../keys/preference-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { findModel } from '../session.ts';
import { trainDpo } from '../training/preference.ts';

export const dpo: Command = {
  name: 'dpo',
  summary: 'Trains a model to prefer the better of two answers (DPO, IPO and their kin).',
  description:
    "Direct preference optimisation by TRL's rules, on rows of {prompt, chosen, rejected}. The reference is the model before training: the base of a new adapter, a frozen copy otherwise.",
  example: `attune dpo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name pairs.jsonl \\
  --use_peft --lora_target_modules all-linear --learning_rate 5e-6 --output_dir preferred
attune dpo --config recipe.yaml --loss_type ipo`,
  options: [...recipeKeys, ...dpoKeys],
  ignored: ignoredKeys,
  required: ['model_name_or_path', 'output_dir'],
  async run(values, context) {
    await trainDpo(values, await findModel(values, context.terminal), context);
  },
};
