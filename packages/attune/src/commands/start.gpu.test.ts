import { fileURLToPath } from 'node:url';
import { prepareDataset } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import { openModel } from '@attune/model';
import { fullTuning } from '@attune/peft';
import { SFTTrainer } from '@attune/sft';
import { instructionRows, tinyModelFolder } from '@attune/tiny';
import { expect, test } from 'vitest';
import { tokenizerOf } from '../session.ts';

test('the embedded model predicts stories of a seed that it was not trained on', async () => {
  const { storyDocument } = await import('../../../tiny/make/stories.mjs');
  const model = await openModel(fileURLToPath(tinyModelFolder()));
  const tokenizer = tokenizerOf(model);
  const rows = Array.from({ length: 60 }, (_, i) => ({ text: storyDocument(3, i) as string }));
  const options = { maxLength: 256, packing: true, packingStrategy: 'wrapped' as const };
  const { examples } = await prepareDataset(rows, tokenizer, options);
  const trainer = await SFTTrainer.create({
    gpu: await testGpu(),
    config: model.config,
    weights: model.weights,
    method: fullTuning(model.config),
    padTokenId: tokenizer.padTokenId!,
    train: examples,
    evaluation: examples,
    arguments: {
      seed: 1,
      learningRate: 1e-4,
      lrSchedulerType: 'linear',
      warmupSteps: 0,
      maxSteps: 1,
      numTrainEpochs: 1,
      gradientAccumulationSteps: 1,
      maxGradNorm: 1,
      weightDecay: 0,
      adamBeta1: 0.9,
      adamBeta2: 0.999,
      adamEpsilon: 1e-8,
      perDeviceTrainBatchSize: 8,
      perDeviceEvalBatchSize: 8,
      trainSamplingStrategy: 'sequential',
      dataloaderDropLast: false,
      gradientCheckpointing: false,
      lossType: 'nll',
    },
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
