import type { FigureSpec, RunSpec, TrainSpec } from '../website/src/live/live.ts';

const rows = 16;

export const figure: FigureSpec = {
  caption: {
    en: 'One unit of the LSTM over sixteen virtual tokens. Only the third token writes into the cell; how long the others remember it is what the forget gate says. The kernel walks forward here; P-Tuning has a second unit beside each, which walks back.',
    zh: 'LSTM 的一个单元走过十六个虚拟词元。只有第三个词元写入细胞；其余词元记住它多久，由遗忘门决定。这里内核向前走；P-Tuning 在每个单元旁边还有一个往回走的。',
  },
  sliders: [
    {
      name: 'forget',
      label: { en: 'bias of the forget gate', zh: '遗忘门的偏置' },
      min: -4,
      max: 6,
      step: 0.5,
      value: 2,
    },
    {
      name: 'write',
      label: { en: 'what is written', zh: '写入的值' },
      min: 0,
      max: 4,
      step: 0.25,
      value: 2,
    },
  ],
  problem: ({ forget, write }) => ({
    operation: 'lstm',
    inputs: {
      gates: {
        shape: [rows, 4],
        values: Array.from({ length: rows }, (_, t) => [
          t === 2 ? 6 : -6,
          forget!,
          t === 2 ? write! : 0,
          4,
        ]).flat(),
      },
      weight: { shape: [4, 1], values: [0, 0, 0, 0] },
      bias: { shape: [4], values: [0, 0, 0, 0] },
    },
    options: {},
  }),
  draw: ({ y }) => ({
    kind: 'lines',
    x: Array.from({ length: rows }, (_, t) => t + 1),
    xLabel: { en: 'virtual token', zh: '虚拟词元' },
    yLabel: { en: 'output of the unit', zh: '单元的输出' },
    series: [{ name: { en: 'y', zh: 'y' }, y: y! }],
    yRange: [0, 1],
  }),
};

export const run: RunSpec = {
  operation: 'lstm',
  inputs: {
    gates: { shape: [16, 4 * 128], random: 4 },
    weight: { shape: [4 * 128, 128], random: 0.3 },
    bias: { shape: [4 * 128], random: 1 },
  },
  options: { reverse: true },
  gradients: ['gates', 'weight', 'bias'],
  tolerance: 4e-6,
};

export const train: TrainSpec = {
  method: 'p-tuning',
  rank: 16,
  tokens: 16,
  learningRate: 1e-2,
  steps: 100,
  start: 'pretrained',
  answersOnly: true,
  choices: ['tokens', 'learningRate'],
};
