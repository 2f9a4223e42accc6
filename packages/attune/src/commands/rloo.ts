import type { Command } from '../command-line/command.ts';
import { ignoredPolicyKeys, rlooKeys } from '../keys/policy-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { findModel } from '../session.ts';
import { trainRloo } from '../training/policy.ts';

export const rloo: Command = {
  name: 'rloo',
  summary: 'Trains a model on rewards, each completion against the mean of the others (RLOO).',
  description:
    "REINFORCE with a leave-one-out baseline by TRL's rules, on rows of {prompt}. Completions are sampled on the GPU and judged by reward functions or a trained judge; --rollouts replays recorded ones instead.",
  example: `attune rloo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name p.jsonl \\
  --reward_model_name_or_path judge --num_generations 4 --max_completion_length 64 \\
  --use_peft --lora_target_modules all-linear --learning_rate 1e-5 --output_dir rewarded`,
  options: [...recipeKeys, ...rlooKeys],
  ignored: ignoredPolicyKeys,
  required: ['model_name_or_path', 'output_dir'],
  async run(values, context) {
    await trainRloo(values, await findModel(values, context.terminal), context);
  },
};
