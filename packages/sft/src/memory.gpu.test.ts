import { readFileSync } from 'node:fs';
import type { Example } from '@attune/data';
import { requestGpu } from '@attune/gpu';
import { freshWeights, parseConfig } from '@attune/model';
import { fullTuning, loraTuning, type TuningMethod } from '@attune/peft';
import { expect, test } from 'vitest';
import { SFTTrainer } from './sft-trainer.ts';

const config = parseConfig({
  ...JSON.parse(
    readFileSync(new URL('../fixtures/models/llama/config.json', import.meta.url), 'utf8'),
  ),
  ...{ max_position_embeddings: 2048, vocab_size: 2048, hidden_size: 128, head_dim: 32 },
  intermediate_size: 384,
});

/** One sequence that trains every token but the first. */
function example(tokens: number): Example {
  const inputIds = Int32Array.from({ length: tokens }, (_, i) => 4 + ((i * 7) % 300));
  return { inputIds, labels: inputIds.slice() };
}

/** A trainer on a device of its own, whose buffers are counted from outside, and what it then held at most. */
async function counted(tokens: number, method: TuningMethod, checkpointing = false) {
  const gpu = await requestGpu();
  const sizes = new Map<GPUBuffer, number>();
  let peak = 0;
  const make = gpu.device.createBuffer.bind(gpu.device);
  gpu.device.createBuffer = (descriptor) => {
    const buffer = make(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    sizes.set(buffer, descriptor.size);
    buffer.destroy = () => {
      sizes.delete(buffer);
      destroy();
    };
    peak = Math.max(
      peak,
      [...sizes.values()].reduce((a, b) => a + b, 0),
    );
    return buffer;
  };
  const trainer = await SFTTrainer.create({
    gpu,
    config,
    weights: freshWeights(config),
    method,
    padTokenId: 3,
    train: [example(tokens)],
    arguments: {
      ...{ seed: 1, learningRate: 1e-3, lrSchedulerType: 'constant', warmupSteps: 0 },
      ...{ maxSteps: 1, numTrainEpochs: 1, gradientAccumulationSteps: 1, maxGradNorm: 1 },
      ...{ weightDecay: 0, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8 },
      ...{ perDeviceTrainBatchSize: 1, perDeviceEvalBatchSize: 1, dataloaderDropLast: false },
      ...{ trainSamplingStrategy: 'sequential', gradientCheckpointing: checkpointing },
      lossType: 'nll',
    },
  });
  const account = await trainer.account();
  for await (const _ of trainer.steps());
  trainer.destroy();
  gpu.destroy();
  const promised = [...account.values()].reduce((a, b) => a + b, 0);
  return { promised, peak, activations: account.get('activations')! };
}

const lora = loraTuning(config, { targetModules: ['all-linear'], r: 8, loraAlpha: 16 }, 1);

test.each([
  { name: 'LoRA', method: lora, checkpointing: false },
  { name: 'all parameters', method: fullTuning(config), checkpointing: false },
  { name: 'LoRA with gradient checkpointing', method: lora, checkpointing: true },
])(
  'the account of $name is within a hundredth of the bytes that the device was asked for',
  async ({ name, method, checkpointing }) => {
    const { promised, peak } = await counted(512, method, checkpointing);
    console.log(
      `${name}: promised ${promised}, asked for ${peak}: ${((100 * peak) / promised).toFixed(2)} %`,
    );
    expect(Math.abs(promised / peak - 1)).toBeLessThan(0.01);
  },
);

test('what a step needs grows with the number of tokens from 256 to 2048, not with its square', async () => {
  const peaks: number[] = [];
  for (const tokens of [256, 512, 1024, 2048]) peaks.push((await counted(tokens, lora)).peak);
  const [a, b, c, d] = peaks as [number, number, number, number];
  console.log(`peak bytes at 256, 512, 1024, 2048 tokens: ${peaks.join(', ')}`);
  // Each doubling adds twice what the one before added.
  expect((c - b) / (b - a)).toBeLessThan(2.05);
  expect((d - c) / (c - b)).toBeLessThan(2.05);
  expect((d - c) / (c - b)).toBeGreaterThan(1.8);
});
