import type { Command } from '../command-line/command.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { ktoKeys } from '../keys/preference-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { findModel } from '../session.ts';
import { trainKto } from '../training/preference.ts';

export const kto: Command = {
  name: 'kto',
  summary: 'Trains a model towards wanted answers and away from others, without pairs (KTO).',
  description:
    "Kahneman-Tversky optimisation by TRL's rules, on rows of {prompt, completion, label}; pairs are taken apart. Needs batches of two rows or more, in the order of the file.",
  example: `attune kto --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name judged.jsonl \\
  --use_peft --lora_target_modules all-linear --learning_rate 5e-6 --output_dir preferred
attune kto --config recipe.yaml --undesirable_weight 1.2`,
  options: [...recipeKeys, ...ktoKeys],
  ignored: ignoredKeys,
  required: ['model_name_or_path', 'output_dir'],
  async run(values, context) {
    await trainKto(values, await findModel(values, context.terminal), context);
  },
};
