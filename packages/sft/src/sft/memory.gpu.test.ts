import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { requestGpu } from '@attune/gpu';
import {
  folderFromPath,
  freshWeights,
  type OpenModel,
  openTokenizer,
  parseConfig,
} from '@attune/model';
import type { PeftConfig } from '@attune/peft';
import { expect, test } from 'vitest';
import { SFTTrainer } from './sft.ts';

const fixture = fileURLToPath(new URL('../../fixtures/models/llama', import.meta.url));
const rawConfig = {
  ...JSON.parse(readFileSync(`${fixture}/config.json`, 'utf8')),
  ...{ max_position_embeddings: 2048, vocab_size: 2048, hidden_size: 128, head_dim: 32 },
  intermediate_size: 384,
};
const config = parseConfig(rawConfig);

/** A model of these shapes, with fresh weights. */
async function freshModel(): Promise<OpenModel> {
  const files = await folderFromPath(fixture);
  const tokenizer = await openTokenizer(files);
  return { config, rawConfig, weights: freshWeights(config), files, tokenizer };
}

/** One sequence that trains every token but the first. */
const row = (tokens: number) => ({
  input_ids: Array.from({ length: tokens }, (_, i) => 4 + ((i * 7) % 300)),
});

/** A trainer on a device of its own, whose buffers are counted from outside, and what it then held at most. */
async function counted(
  tokens: number,
  peftConfig: PeftConfig | undefined,
  gradientCheckpointing = false,
) {
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
    model: await freshModel(),
    trainDataset: [row(tokens)],
    peftConfig,
    args: {
      ...{ seed: 1, learningRate: 1e-3, lrSchedulerType: 'constant', maxSteps: 1, maxLength: null },
      ...{ perDeviceTrainBatchSize: 1, gradientCheckpointing, saveStrategy: 'no' },
    },
    log: () => {},
  });
  const estimate = await trainer.memoryEstimate();
  for await (const _ of trainer.train());
  trainer.destroy();
  gpu.destroy();
  const promised = [...estimate.values()].reduce((a, b) => a + b, 0);
  return { promised, peak, activations: estimate.get('activations')! };
}

const lora: PeftConfig = {
  peftType: 'LORA',
  targetModules: ['all-linear'],
  r: 8,
  loraAlpha: 16,
};

test.each([
  { name: 'LoRA', method: lora, checkpointing: false },
  { name: 'all parameters', method: undefined, checkpointing: false },
  { name: 'LoRA with gradient checkpointing', method: lora, checkpointing: true },
])(
  'the memory estimate of $name is within a hundredth of the bytes that the device was asked for',
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
