import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const count = 70_001;

export const run: RunSpec = {
  operation: 'entropyBonus',
  inputs: {
    entropy: { shape: [count], values: Array.from({ length: count }, (_, i) => (i % 83) / 10) },
    mask: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    },
    scale: { shape: [1], values: [0.02] },
  },
  gradients: ['entropy'],
  tolerance: 2e-6,
};

const tokens = ['Once', 'upon', 'a', 'time', 'there', 'was'];
const entropies = [3.2, 0.1, 0.05, 0.2, 1.6, 0.9];

export const figure: FigureSpec = {
  caption: {
    en: 'What each token adds to the loss. The bonus is a mean: with fewer tokens in it each counts more. A positive coefficient lowers the loss of uncertain predictions, so that they stay uncertain.',
    zh: '每个词元给损失加多少。奖赏是平均值：参与的词元越少，每个分量越重。系数为正时，不确定的预测损失更低，于是保持不确定。',
  },
  sliders: [
    {
      name: 'coefficient',
      label: { en: 'coefficient', zh: '系数' },
      min: -0.05,
      max: 0.05,
      step: 0.01,
      value: 0.02,
    },
    {
      name: 'kept',
      label: { en: 'tokens in the mean', zh: '参与平均的词元数' },
      min: 1,
      max: 6,
      step: 1,
      value: 6,
    },
  ],
  problem: ({ coefficient, kept }) => ({
    operation: 'entropyBonus',
    inputs: {
      entropy: { shape: [6], values: entropies },
      mask: { shape: [6], values: tokens.map((_, i) => (i < kept! ? 1 : 0)) },
      scale: { shape: [1], values: [coefficient!] },
    },
    gradients: ['entropy'],
  }),
  draw: ({ d_entropy }) => ({
    kind: 'bars',
    labels: tokens,
    yLabel: { en: 'share of the loss', zh: '在损失中的份额' },
    yRange: [-0.03, 0.03],
    series: [
      {
        name: { en: 'slope times entropy', zh: '斜率乘熵' },
        y: d_entropy!.map((d, i) => d * entropies[i]!),
      },
    ],
  }),
};
