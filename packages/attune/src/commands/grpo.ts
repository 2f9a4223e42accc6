import type { Command } from '../command-line/command.ts';
import { grpoKeys, ignoredPolicyKeys } from '../keys/policy-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { findModel } from '../session.ts';
import { trainGrpo } from '../training/policy.ts';

export const grpo: Command = {
  name: 'grpo',
  summary: 'Trains a model on rewards, each completion against its siblings (GRPO and its kin).',
  description:
    "Group-relative policy optimisation by TRL's rules, on rows of {prompt}. Completions are sampled on the GPU and judged by reward functions or a trained judge; --rollouts replays recorded ones instead.",
  example: `attune grpo --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --dataset_name p.jsonl \\
  --reward_funcs rewards.polite --num_generations 8 --max_completion_length 64 \\
  --use_peft --lora_target_modules all-linear --learning_rate 1e-5 --output_dir rewarded
attune grpo --config recipe.yaml --rollouts rollouts.jsonl`,
  options: [...recipeKeys, ...grpoKeys],
  ignored: ignoredPolicyKeys,
  required: ['model_name_or_path', 'output_dir'],
  async run(values, context) {
    await trainGrpo(values, await findModel(values, context.terminal), context);
  },
};
