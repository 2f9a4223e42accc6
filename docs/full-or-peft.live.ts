import type { FigureSpec, RunSpec, TrainSpec } from '../website/src/live/live.ts';

const layers = 24;
const vocabulary = 32_000;

export const figure: FigureSpec = {
  caption: {
    en: 'Bytes that stay in memory through a run, for a Llama of 24 layers and 32,000 words, everything in float32: LoRA on all linear layers against full fine-tuning. Activations come on top, the same for both.',
    zh: '一次训练中始终占用的内存：24 层、32,000 词的 Llama，全部用 float32，对比作用于所有线性层的 LoRA 与全量微调。激活值另算，两者相同。',
  },
  sliders: [
    {
      name: 'width',
      label: { en: 'hidden width', zh: '隐层宽度' },
      min: 256,
      max: 4096,
      step: 256,
      value: 1024,
    },
    { name: 'rank', label: { en: 'rank r', zh: '秩 r' }, min: 1, max: 128, step: 1, value: 16 },
  ],
  draw: (_, { width, rank }) => {
    const w = width!;
    // Four square projections, three of width × 8/3 width; the embedding is tied.
    const all = layers * 12 * w * w + vocabulary * w;
    const adapter = layers * rank! * (4 * 2 * w + 3 * (w + (8 / 3) * w));
    const gigabytes = (numbers: number) => (4 * numbers) / 1e9;
    return {
      kind: 'bars',
      labels: ['W', 'grad', 'm', 'v'],
      yLabel: { en: 'GB', zh: 'GB' },
      series: [
        {
          name: {
            en: `all ${(all / 1e6).toFixed(0)} M: ${gigabytes(4 * all).toFixed(1)} GB`,
            zh: `全部 ${(all / 1e6).toFixed(0)} M：${gigabytes(4 * all).toFixed(1)} GB`,
          },
          y: [all, all, all, all].map(gigabytes),
        },
        {
          name: {
            en: `LoRA ${(adapter / 1e6).toFixed(1)} M: ${gigabytes(all + 4 * adapter).toFixed(1)} GB`,
            zh: `LoRA ${(adapter / 1e6).toFixed(1)} M：${gigabytes(all + 4 * adapter).toFixed(1)} GB`,
          },
          y: [all + adapter, adapter, adapter, adapter].map(gigabytes),
        },
      ],
    };
  },
};

export const run: RunSpec = {
  operation: 'matmul',
  inputs: { x: { shape: [128, 384], random: 1 }, weight: { shape: [384, 128], random: 1 } },
  gradients: ['x', 'weight'],
  tolerance: 2e-6,
};

export const train: TrainSpec = {
  method: 'full',
  rank: 16,
  learningRate: 1e-3,
  steps: 60,
  start: 'pretrained',
  answersOnly: true,
  choices: ['method', 'rank', 'learningRate'],
};
