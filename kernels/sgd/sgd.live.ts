import type { FigureSpec, Problem, RunSpec } from '../../website/src/live/live.ts';

interface Step {
  lr: number;
  weightDecay: number;
}

/** The two small buffers of a step, as `adamwSchedule` and clipping fill them; SGD reads the rate and the decay. */
const small = ({ lr, weightDecay }: Step, coefficient = 1): Problem['inputs'] => ({
  schedule: { shape: [8], values: [lr, 0.9, 0.999, 1e-8, weightDecay, 0.1, 1e-3, 1e-3] },
  clip: { shape: [4], values: [1, coefficient, 1, 0] },
});

const settings: Step = { lr: 1e-3, weightDecay: 0.1 };
const count = 100_003;

export const run: RunSpec = {
  operation: 'sgd',
  inputs: {
    parameters: { shape: [count], random: 1 },
    gradients: { shape: [count], random: 1 },
    ...small(settings),
  },
  options: { ...settings },
  tolerance: 2e-7,
};

const gradients = Array.from({ length: 97 }, (_, i) => (i - 48) / 16);

export const figure: FigureSpec = {
  caption: {
    en: 'How far one step moves a parameter, in units of the learning rate, against its gradient: a straight line, however large the gradient. Clipping bends the whole line flatter; decay shifts it by the parameter’s own size. Dashed: the first step of AdamW.',
    zh: '一步把参数移动多远（以学习率为单位），横轴是梯度：一条直线，梯度多大都是。截断把整条线压平；衰减按参数自身的大小平移它。虚线：AdamW 的第一步。',
  },
  sliders: [
    {
      name: 'coefficient',
      label: { en: 'coefficient of clipping', zh: '截断系数' },
      min: 0.1,
      max: 1,
      step: 0.1,
      value: 1,
    },
    {
      name: 'decay',
      label: { en: 'weight decay, at a parameter of 5', zh: '权重衰减（参数为 5）' },
      min: 0,
      max: 0.3,
      step: 0.05,
      value: 0,
    },
  ],
  problem: ({ coefficient, decay }) => ({
    operation: 'sgd',
    inputs: {
      parameters: { shape: [97], values: gradients.map(() => 5) },
      gradients: { shape: [97], values: gradients },
      ...small({ lr: 1, weightDecay: decay! }, coefficient),
    },
    options: { lr: 1, weightDecay: decay! },
  }),
  draw: ({ parameters }) => ({
    kind: 'lines',
    x: gradients,
    xLabel: { en: 'gradient', zh: '梯度' },
    yLabel: { en: 'move / learning rate', zh: '移动 / 学习率' },
    yRange: [-4.5, 3],
    series: [
      { name: { en: 'SGD (the kernel)', zh: 'SGD（内核）' }, y: parameters!.map((p) => p - 5) },
      {
        name: { en: 'AdamW’s first step', zh: 'AdamW 的第一步' },
        y: gradients.map((g) => -Math.sign(g)),
        dashed: true,
      },
    ],
  }),
};
