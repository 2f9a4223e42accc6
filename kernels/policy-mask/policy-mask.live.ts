import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const count = 3001;
const ones = new Array<number>(count).fill(1);

export const run: RunSpec = {
  operation: 'policyMask',
  inputs: {
    weights: { shape: [count], values: ones },
    entropy: { shape: [count], random: 8 },
    members: { shape: [count], values: ones },
    least: { shape: [1], values: [2101] },
    ratioLogps: { shape: [count], random: 1, seed: 5 },
    oldLogps: { shape: [count], random: 1, seed: 6 },
    advantages: { shape: [count], random: 2, seed: 7 },
  },
  options: { threshold: 0.05 },
  tolerance: 1e-7,
};

const tokens = ['Let', 'us', 'see', ':', 'maybe', 'add', '3', 'to', '4'];
const entropies = [2.1, 0.1, 1.2, 0.2, 3.4, 2.6, 1.9, 0.05, 1.4];

export const figure: FigureSpec = {
  caption: {
    en: 'Nine tokens and the entropy of their predictions. Only the most uncertain share is learnt from: the tokens at which an answer takes its turns.',
    zh: '九个词元以及各自预测的熵。只从最不确定的一部分学习：回答在这些词元处决定走向。',
  },
  sliders: [
    {
      name: 'share',
      label: { en: 'top_entropy_quantile', zh: 'top_entropy_quantile' },
      min: 0.1,
      max: 1,
      step: 0.1,
      value: 0.3,
    },
  ],
  problem: ({ share }) => ({
    operation: 'policyMask',
    inputs: {
      weights: { shape: [9], values: tokens.map(() => 1) },
      entropy: { shape: [9], values: entropies },
      members: { shape: [9], values: tokens.map(() => 1) },
      least: { shape: [1], values: [Math.ceil((1 - share!) * 8 - 1e-6) + 1] },
    },
  }),
  draw: ({ y }) => ({
    kind: 'bars',
    labels: tokens,
    yLabel: { en: 'entropy (nats)', zh: '熵（奈特）' },
    yRange: [0, 4],
    series: [
      { name: { en: 'learnt from', zh: '参与学习' }, y: entropies.map((e, i) => e * y![i]!) },
      { name: { en: 'left out', zh: '略去' }, y: entropies.map((e, i) => e * (1 - y![i]!)) },
    ],
  }),
};
