import { pairRun } from '../kernels/losses/pair-loss/pair-loss.pages.live.ts';
import type { FigureSpec, PreferSpec } from '../website/src/live/live.ts';

export const run = pairRun('dpoSigmoid');

const batch = [-25, -10, -3, 0, 3, 10, 25];

export const figure: FigureSpec = {
  caption: {
    en: 'Seven pairs, by how much further than the reference the policy prefers the chosen answer (nats). The push each gets per step: the pairs in the wrong order the most, at most β. A small β lets the policy go far before the push fades; a large one holds it near.',
    zh: '七对回答，横轴是策略比参考模型多偏好被选回答多少（奈特）。柱子是每步的推力：次序颠倒的推力最大，最大为 β。β 小时，策略要走很远推力才减弱；β 大时则被留在近处。',
  },
  sliders: [
    { name: 'beta', label: { en: 'β', zh: 'β' }, min: 0.01, max: 0.5, step: 0.01, value: 0.1 },
  ],
  problem: ({ beta }) => ({
    operation: 'dpoSigmoid',
    inputs: {
      logps: { shape: [14], values: [...batch, ...batch.map(() => 0)] },
      refLogps: { shape: [14], values: [...batch, ...batch].map(() => 0) },
      lengths: { shape: [14], values: [...batch, ...batch].map(() => 20) },
      scale: { shape: [1], values: [1] },
    },
    options: { beta: beta! },
    gradients: ['logps'],
  }),
  draw: ({ d_logps }) => ({
    kind: 'bars',
    labels: batch.map(String),
    yLabel: { en: 'push', zh: '推力' },
    series: [
      { name: { en: 'on chosen', zh: '对被选' }, y: d_logps!.slice(0, 7).map((d) => -d) },
      { name: { en: 'on rejected', zh: '对被拒' }, y: d_logps!.slice(7).map((d) => -d) },
    ],
  }),
};

export const prefer: PreferSpec = {
  algorithm: 'dpo',
  beta: 0.3,
  learningRate: 1e-3,
  steps: 40,
  betas: [0.1, 0.3, 0.5],
};
