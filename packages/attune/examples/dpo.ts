// Trains a model to prefer the chosen completion of each pair: direct preference optimisation.
import { type DatasetSource, DPOTrainer, type ModelSource } from 'attune';

export async function dpo(model: ModelSource, pairs: DatasetSource, out: string, maxSteps = 60) {
  const trainer = await DPOTrainer.create({
    model,
    trainDataset: pairs, // rows of {prompt, chosen, rejected}
    testSplitSize: 0.25, // a quarter of the rows is held out
    peftConfig: { peftType: 'LORA', targetModules: 'all-linear' },
    args: { beta: 0.1, learningRate: 1e-4, maxSteps, perDeviceTrainBatchSize: 4 },
  });
  for await (const { step, loss, metrics } of trainer.train()) {
    console.log(step, loss, metrics['rewards/margins']);
  }
  const held = await trainer.evaluate();
  await trainer.saveModel(out);
  trainer.destroy();
  return held;
}
