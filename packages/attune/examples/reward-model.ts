// Trains a reward model on pairs, then scores two answers with it.
import {
  type DatasetSource,
  findModel,
  loadModel,
  type ModelSource,
  RewardTrainer,
  rewardModelOf,
} from 'attune';

export async function rewardModel(
  model: ModelSource,
  pairs: DatasetSource,
  out: string,
  maxSteps = 60,
) {
  const trainer = await RewardTrainer.create({
    model,
    trainDataset: pairs, // rows of {prompt, chosen, rejected}
    peftConfig: { peftType: 'LORA', targetModules: 'all-linear' },
    args: { learningRate: 1e-3, maxSteps },
  });
  for await (const { step, metrics } of trainer.train()) console.log(step, metrics.accuracy);
  await trainer.saveModel(out);
  trainer.destroy();

  const scorer = await loadModel(await rewardModelOf(await findModel(model), out), {
    adapter: out,
  });
  const texts = ['A fine day.', 'A bad day.'].map((text) => scorer.tokenizer.encode(text));
  const scores = await scorer.scores(texts);
  scorer.destroy();
  return [...scores];
}
