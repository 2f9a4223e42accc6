import type { Command } from '../command-line/command.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { rewardKeys } from '../keys/reward-keys.ts';
import { findModel } from '../session.ts';
import { trainReward } from '../training/reward.ts';

export const reward: Command = {
  name: 'reward',
  summary: 'Trains a reward model on pairs of a better and a worse answer.',
  description:
    'Rows of {"prompt", "chosen", "rejected"}, as text or messages; "margin" says by how much chosen should lead. A language model gets a score head in place of its output layer; a reward model is trained further. Leaves what transformers opens as AutoModelForSequenceClassification, or an adapter with the head (attune score judges with either). accuracy is the share of pairs whose chosen answer has the greater reward.',
  example: `attune reward --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct \\
  --dataset_name pairs.jsonl --use_peft --lora_target_modules all-linear \\
  --center_rewards_coefficient 0.01 --output_dir judge
attune reward --config recipe.yaml --max_steps 20`,
  options: [...recipeKeys, ...rewardKeys],
  ignored: ignoredKeys,
  required: ['model_name_or_path', 'output_dir'],
  async run(values, context) {
    const model = await findModel(values, context.terminal);
    await trainReward(values, model, context);
  },
};
