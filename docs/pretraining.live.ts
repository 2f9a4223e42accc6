import type { FigureSpec, RunSpec, TrainSpec } from '../website/src/live/live.ts';

const scores = Array.from({ length: 65 }, (_, i) => i / 4 - 6);

export const figure: FigureSpec = {
  caption: {
    en: 'One token’s loss, and how hard it pulls on the right word’s score, against that score; all other words have score 0. The larger the vocabulary, the higher the right word must rise before the loss lets go.',
    zh: '一个词元的损失，以及它对正确词得分的拉力，横轴是这个得分；其他词的得分都是 0。词表越大，正确词就得升得越高，损失才肯松手。',
  },
  sliders: [
    {
      name: 'vocabulary',
      label: { en: 'words in the vocabulary', zh: '词表大小' },
      min: 2,
      max: 2048,
      step: 2,
      value: 2048,
    },
  ],
  problem: ({ vocabulary }) => ({
    operation: 'tokenLogps',
    inputs: {
      hidden: { shape: [65, 1], values: scores },
      weight: {
        shape: [vocabulary!, 1],
        values: Array.from({ length: vocabulary! }, (_, i) => (i === 0 ? 1 : 0)),
      },
      targets: { shape: [65], values: scores.map(() => 0), dtype: 'i32' },
    },
  }),
  draw: ({ logps }) => ({
    kind: 'lines',
    x: scores,
    xLabel: { en: 'score of the right word', zh: '正确词的得分' },
    yLabel: { en: 'nats', zh: '奈特' },
    yRange: [0, 14],
    series: [
      { name: { en: 'loss, −ln p', zh: '损失，−ln p' }, y: logps!.map((l) => -l) },
      {
        name: { en: 'pull, 10·(1 − p)', zh: '拉力，10·(1 − p)' },
        y: logps!.map((l) => -10 * Math.expm1(l)),
        dashed: true,
      },
    ],
  }),
};

export const run: RunSpec = {
  operation: 'nll',
  inputs: {
    logps: { shape: [3001], random: 8 },
    weights: { shape: [3001], values: Array.from({ length: 3001 }, (_, i) => (i % 3 ? 1 : 0)) },
    scale: { shape: [1], values: [1 / 2000] },
  },
  gradients: ['logps'],
  tolerance: 2e-6,
};

export const train: TrainSpec = {
  method: 'full',
  rank: 16,
  learningRate: 2e-3,
  steps: 60,
  start: 'fresh',
  answersOnly: false,
  choices: ['learningRate'],
};
