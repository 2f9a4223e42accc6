// Fine-tunes a model on rows of your own with LoRA, saves the adapter, and asks the tuned model something.
import { type DatasetSource, loadModel, type ModelSource, SFTTrainer } from 'attune';

export async function sftLora(
  model: ModelSource,
  rows: DatasetSource,
  out: string,
  maxSteps = 120,
) {
  const trainer = await SFTTrainer.create({
    model, // a hub id such as HuggingFaceTB/SmolLM2-135M-Instruct, a folder, a GGUF
    trainDataset: rows, // rows, or the path of a JSONL, JSON, CSV or Parquet file
    peftConfig: { peftType: 'LORA', r: 8, targetModules: 'all-linear' },
    args: { learningRate: 1e-3, maxSteps, loggingSteps: 1 },
    callbacks: { onLog: ({ step, loss }) => console.log(step, loss) },
  });
  const losses: number[] = [];
  for await (const { loss } of trainer.train()) losses.push(loss);
  await trainer.saveModel(out);
  trainer.destroy();

  const tuned = await loadModel(model, { adapter: out });
  const answer = await tuned.generate([{ role: 'user', content: 'Hello' }], { maxNewTokens: 16 });
  tuned.destroy();
  return { losses, answer };
}
