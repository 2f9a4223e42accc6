import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const count = 70_001;
const probabilities = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

export const run: RunSpec = {
  operation: 'dft',
  inputs: {
    logps: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => -((i * 7919) % 800) / 100),
    },
    weights: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => [1, 0, 0.5][i % 3]!),
    },
    scale: { shape: [1], values: [1 / 3] },
  },
  gradients: ['logps'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'How hard the target’s logit is pushed up, against how likely the token is. Cross-entropy pushes hardest where the model finds the token impossible; DFT leaves such tokens alone and works on those that it half believes.',
    zh: '目标的 logit 被向上推的力度，横轴是该词元的概率。交叉熵在模型认为不可能之处推得最狠；DFT 放过这样的词元，只在模型半信半疑之处用力。',
  },
  sliders: [
    {
      name: 'weight',
      label: { en: 'weight w', zh: '权重 w' },
      min: 0,
      max: 2,
      step: 0.25,
      value: 1,
    },
  ],
  problem: ({ weight }) => ({
    operation: 'dft',
    inputs: {
      logps: { shape: [99], values: probabilities.map(Math.log) },
      weights: { shape: [99], values: probabilities.map(() => weight!) },
      scale: { shape: [1], values: [1] },
    },
    gradients: ['logps'],
  }),
  draw: ({ d_logps }, { weight }) => ({
    kind: 'lines',
    x: probabilities,
    xLabel: { en: 'probability p of the token', zh: '词元的概率 p' },
    yLabel: { en: 'push on its logit', zh: '对其 logit 的推力' },
    yRange: [0, 2],
    series: [
      {
        name: { en: 'DFT: w p (1 − p)', zh: 'DFT：w p (1 − p)' },
        y: d_logps!.map((d, i) => -d * (1 - probabilities[i]!)),
      },
      {
        name: { en: 'cross-entropy: w (1 − p)', zh: '交叉熵：w (1 − p)' },
        y: probabilities.map((p) => weight! * (1 - p)),
        dashed: true,
      },
    ],
  }),
};
