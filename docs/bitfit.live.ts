import type { FigureSpec, RunSpec, TrainSpec } from '../website/src/live/live.ts';

const layers = 24;

export const figure: FigureSpec = {
  caption: {
    en: 'Share of a model’s numbers that train, on a logarithmic scale: biases of all linear layers, and LoRA on them. A Llama of 24 layers whose feed-forward is 8/3 as wide as its stream, without the embedding.',
    zh: '参与训练的参数占比（对数刻度）：所有线性层的偏置，以及作用于这些层的 LoRA。24 层的 Llama，前馈宽度是主干的 8/3，不计嵌入层。',
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
    { name: 'rank', label: { en: 'rank r', zh: '秩 r' }, min: 1, max: 64, step: 1, value: 8 },
  ],
  draw: (_, { width, rank }) => {
    const w = width!;
    const weights = layers * 12 * w * w;
    const biases = layers * (5 + 16 / 3) * w;
    const lora = layers * rank! * (4 * 2 * w + 3 * (w + (8 / 3) * w));
    // Five decades from a thousandth of a per cent up.
    const bar = (count: number) => Math.log10((100 * count) / weights) + 3;
    const percent = (count: number) => ((100 * count) / weights).toPrecision(2);
    const bars = [
      ['BitFit', biases],
      [`LoRA r ${rank}`, lora],
    ] as const;
    return {
      kind: 'bars',
      labels: bars.map(([name, count]) => `${name}: ${percent(count)} %`),
      yLabel: { en: 'decades above 0.001 %', zh: '高于 0.001 % 的数量级' },
      yRange: [0, 5],
      series: [{ name: { en: 'trained share', zh: '训练占比' }, y: bars.map(([, n]) => bar(n)) }],
    };
  },
};

export const run: RunSpec = {
  operation: 'matmul',
  inputs: {
    x: { shape: [65, 128], random: 1 },
    weight: { shape: [384, 128], random: 1 },
    bias: { shape: [384], random: 1 },
  },
  options: { transposeWeight: true },
  gradients: ['x', 'bias'],
  tolerance: 2e-6,
};

export const train: TrainSpec = {
  method: 'bitfit',
  rank: 16,
  learningRate: 3e-2,
  steps: 80,
  start: 'pretrained',
  answersOnly: true,
  choices: ['learningRate'],
};
