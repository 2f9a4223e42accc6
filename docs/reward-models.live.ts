import type { FigureSpec, RunSpec } from '../website/src/live/live.ts';

/** Rewards of chosen and rejected: a pair in the wrong order, an undecided one, a right one, a clear one. */
const chosen = [-1, 0.5, 1.5, 3];
const rejected = [1, 0.5, 0.5, -2];

export const figure: FigureSpec = {
  caption: {
    en: 'How hard each of four pairs pushes its chosen reward up. The pair in the wrong order (lead −2) pushes most, the clear one (lead 5) hardly at all: the model learns from its mistakes. A margin asks for more lead.',
    zh: '四对回答各自以多大的力把被选回答的奖励往上推。次序颠倒的一对（领先 −2）推得最重，分得很清的一对（领先 5）几乎不推：模型从错误中学习。边距要求更大的领先。',
  },
  sliders: [
    { name: 'margin', label: { en: 'margin', zh: '边距' }, min: 0, max: 4, step: 0.25, value: 0 },
    {
      name: 'shift',
      label: { en: 'added to all rewards', zh: '加到所有奖励上' },
      min: -10,
      max: 10,
      step: 1,
      value: 0,
    },
    {
      name: 'centering',
      label: { en: 'centering coefficient', zh: '居中系数' },
      min: 0,
      max: 0.05,
      step: 0.005,
      value: 0,
    },
  ],
  problem: ({ margin, shift, centering }) => ({
    operation: 'rewardPair',
    inputs: {
      rewards: { shape: [8], values: [...chosen, ...rejected].map((reward) => reward + shift!) },
      margins: { shape: [4], values: chosen.map(() => margin!) },
      scale: { shape: [1], values: [1] },
    },
    options: { centering: centering! },
    gradients: ['rewards'],
  }),
  draw: ({ d_rewards }) => ({
    kind: 'bars',
    labels: chosen.map((c, p) => String(c - rejected[p]!)),
    yLabel: { en: 'push', zh: '推力' },
    yRange: [-1.5, 1.5],
    series: [
      { name: { en: 'on chosen', zh: '对被选' }, y: d_rewards!.slice(0, 4).map((d) => -d) },
      { name: { en: 'on rejected', zh: '对被拒' }, y: d_rewards!.slice(4).map((d) => -d) },
    ],
  }),
};

export const run: RunSpec = {
  operation: 'rewardPair',
  inputs: {
    rewards: { shape: [2 * 1024], random: 8 },
    scale: { shape: [1], values: [1 / 1024] },
  },
  options: { centering: 0.01 },
  gradients: ['rewards'],
  tolerance: 2e-6,
};
