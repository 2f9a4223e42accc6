import type { Command } from '../command-line/command.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { sftKeys } from '../keys/sft-keys.ts';
import { findModel } from '../session.ts';
import { trainSft } from '../training/sft.ts';

export const sft: Command = {
  name: 'sft',
  summary: 'Fine-tunes a model on text, prompts with completions, or conversations.',
  description:
    "Supervised fine-tuning by TRL's rules. Leaves the adapter or the model in output_dir, with metrics.jsonl, trainer_state.json and checkpoints.",
  example: `attune sft --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name train.jsonl \\
  --use_peft --lora_target_modules all-linear --learning_rate 1e-3 --output_dir adapter
attune sft --config recipe.yaml --max_steps 20`,
  options: [...recipeKeys, ...sftKeys],
  ignored: ignoredKeys,
  required: ['model_name_or_path', 'output_dir'],
  async run(values, context) {
    const model = await findModel(values, context.terminal);
    await trainSft(values, model, context);
  },
};
