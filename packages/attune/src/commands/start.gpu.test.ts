import { fileURLToPath } from 'node:url';
import { testGpu } from '@attune/gpu/testing';
import { SFTTrainer } from '@attune/sft';
import { instructionRows, tinyModelFolder } from '@attune/tiny';
import { expect, test } from 'vitest';

test('the embedded model predicts stories of a seed that it was not trained on', async () => {
  const { storyDocument } = await import('../../../tiny/make/stories.mjs');
  const rows = Array.from({ length: 60 }, (_, i) => ({ text: storyDocument(3, i) as string }));
  const trainer = await SFTTrainer.create({
    gpu: await testGpu(),
    model: fileURLToPath(tinyModelFolder()),
    trainDataset: rows,
    evalDataset: rows,
    args: { maxLength: 256, packing: true, packingStrategy: 'wrapped', maxSteps: 1 },
    log: () => {},
  });
  const { eval_loss } = await trainer.evaluate();
  expect(eval_loss).toBeGreaterThan(0.3);
  expect(eval_loss).toBeLessThan(0.65);
  trainer.destroy();
});

test('no scene of the instruction set stands in both halves', async () => {
  const scenes = async (split: 'train' | 'test') =>
    (await instructionRows(split)).map(({ prompt }) => prompt.split('\nQuestion:')[0]!);
  const train = new Set(await scenes('train'));
  const test = await scenes('test');
  expect(test.length).toBe(64);
  expect(test.filter((scene) => train.has(scene))).toEqual([]);
});
