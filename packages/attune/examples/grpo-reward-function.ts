// Trains a model on a reward function of your own: completions are sampled, scored, and compared within their group.
import { GRPOTrainer, type ModelSource } from 'attune';

/** Prefers short completions. */
const short = ({ completions }: { completions: readonly unknown[] }) =>
  completions.map((text) => -String(text).length / 100);

export async function grpo(model: ModelSource, prompts: readonly string[], maxSteps = 20) {
  const trainer = await GRPOTrainer.create({
    model,
    trainDataset: prompts.map((prompt) => ({ prompt })),
    rewardFuncs: short,
    peftConfig: { peftType: 'LORA', targetModules: 'all-linear' },
    args: { numGenerations: 4, maxCompletionLength: 16, learningRate: 1e-3, maxSteps },
  });
  const rewards: number[] = [];
  for await (const { metrics } of trainer.train()) rewards.push(metrics.reward!);
  trainer.destroy();
  return rewards;
}
