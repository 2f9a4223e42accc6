import type { FigureSpec, RunSpec, TrainSpec } from '../website/src/live/live.ts';

export const figure: FigureSpec = {
  caption: {
    en: 'Numbers that train in one layer: bottleneck adapters after both sublayers (Houlsby) or after one (Pfeiffer, parallel), and LoRA on all seven linear layers of it.',
    zh: '一层里训练的参数个数：两个子层之后（Houlsby）或一个子层处（Pfeiffer、并联）的瓶颈适配器，以及作用于该层全部七个线性层的 LoRA。',
  },
  sliders: [
    {
      name: 'width',
      label: { en: 'hidden width', zh: '隐层宽度' },
      min: 128,
      max: 4096,
      step: 128,
      value: 1024,
    },
    {
      name: 'reduction',
      label: { en: 'reduction factor', zh: '缩减倍数' },
      min: 2,
      max: 64,
      step: 1,
      value: 16,
    },
    { name: 'rank', label: { en: 'rank r', zh: '秩 r' }, min: 1, max: 64, step: 1, value: 16 },
  ],
  draw: (_, { width, reduction, rank }) => {
    const w = width!;
    const narrow = Math.max(1, Math.floor(w / reduction!));
    const one = 2 * w * narrow + narrow + w;
    const lora = rank! * (4 * 2 * w + 3 * (w + (8 / 3) * w));
    return {
      kind: 'bars',
      labels: ['Houlsby', 'Pfeiffer', 'LoRA'],
      yLabel: { en: 'thousands', zh: '千个' },
      series: [
        {
          name: { en: 'trained in a layer', zh: '一层里训练的参数' },
          y: [2 * one, one, lora].map((count) => count / 1000),
        },
      ],
    };
  },
};

export const run: RunSpec = {
  operation: 'activate',
  inputs: { x: { shape: [257, 64], random: 12 } },
  options: { kind: 'silu' },
  gradients: ['x'],
  tolerance: 2e-6,
};

export const train: TrainSpec = {
  method: 'houlsby',
  rank: 16,
  bottleneck: 32,
  learningRate: 5e-3,
  steps: 80,
  start: 'pretrained',
  answersOnly: true,
  choices: ['placement', 'bottleneck', 'learningRate'],
};
