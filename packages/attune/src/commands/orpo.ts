import type { Command } from '../command-line/command.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { orpoKeys } from '../keys/preference-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { findModel } from '../session.ts';
import { trainOrpo } from '../training/preference.ts';

export const orpo: Command = {
  name: 'orpo',
  summary: 'Fine-tunes on the better answers and away from the worse ones, in one stage (ORPO).',
  description:
    "Odds ratio preference optimisation by TRL's rules, on rows of {prompt, chosen, rejected}. There is no reference model.",
  example: `attune orpo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name pairs.jsonl \\
  --use_peft --lora_target_modules all-linear --learning_rate 1e-4 --output_dir preferred
attune orpo --config recipe.yaml --beta 0.2`,
  options: [...recipeKeys, ...orpoKeys],
  ignored: ignoredKeys,
  required: ['model_name_or_path', 'output_dir'],
  async run(values, context) {
    await trainOrpo(values, await findModel(values, context.terminal), context);
  },
};
