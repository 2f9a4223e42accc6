import type { FigureSpec, Problem, RunSpec } from '../../website/src/live/live.ts';

interface Step {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  step: number;
}

/** The two small buffers of one step, as `adamwSchedule` and clipping fill them. */
const small = ({ lr, beta1, beta2, eps, weightDecay, step }: Step): Problem['inputs'] => ({
  schedule: {
    shape: [8],
    values: [lr, beta1, beta2, eps, weightDecay, 1 - beta1 ** step, 1 - beta2 ** step, 1 - beta2],
  },
  clip: { shape: [4], values: [1, 1, 1, 0] },
});

const settings: Step = {
  lr: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0.1,
  step: 10,
};
const count = 100_003;

export const run: RunSpec = {
  operation: 'adamw',
  inputs: {
    parameters: { shape: [count], random: 1 },
    gradients: { shape: [count], random: 1 },
    m: { shape: [count], random: 0.1 },
    v: { shape: [count], values: Array.from({ length: count }, (_, i) => 1e-4 + (i % 97) * 1e-5) },
    ...small(settings),
  },
  options: { ...settings },
  tolerance: 2e-6,
};

const gradients = Array.from({ length: 97 }, (_, i) => (i - 48) / 16);

export const figure: FigureSpec = {
  caption: {
    en: 'How far one step moves a parameter, in units of the learning rate, against its gradient. At the first step AdamW looks only at the sign; after some history it takes the gradient in units of what gradients have been (here 1).',
    zh: '一步把参数移动多远（以学习率为单位），横轴是梯度。第一步 AdamW 只看符号；有了历史之后，它以过往梯度的大小（这里是 1）为单位来衡量梯度。',
  },
  sliders: [
    {
      name: 'step',
      label: { en: 'step t', zh: '第 t 步' },
      min: 1,
      max: 200,
      step: 1,
      value: 1,
    },
    {
      name: 'eps',
      label: { en: 'log₁₀ ε', zh: 'log₁₀ ε' },
      min: -8,
      max: 1,
      step: 0.5,
      value: -8,
    },
  ],
  problem: ({ step, eps }) => {
    // Before this step every gradient was 1 or -1 in turn: m is about 0, v about 1.
    const before = 1 - 0.999 ** (step! - 1);
    const options = { ...settings, weightDecay: 0, lr: 1, eps: 10 ** eps!, step: step! };
    return {
      operation: 'adamw',
      inputs: {
        parameters: { shape: [97], values: gradients.map(() => 0) },
        gradients: { shape: [97], values: gradients },
        m: { shape: [97], values: gradients.map(() => 0) },
        v: { shape: [97], values: gradients.map(() => before) },
        ...small(options),
      },
      options,
    };
  },
  draw: ({ parameters }) => ({
    kind: 'lines',
    x: gradients,
    xLabel: { en: 'gradient', zh: '梯度' },
    yLabel: { en: 'move / learning rate', zh: '移动 / 学习率' },
    yRange: [-1.5, 1.5],
    series: [
      { name: { en: 'AdamW (the kernel)', zh: 'AdamW（内核）' }, y: parameters! },
      {
        name: { en: 'plain descent', zh: '普通梯度下降' },
        y: gradients.map((g) => -g),
        dashed: true,
      },
    ],
  }),
};
