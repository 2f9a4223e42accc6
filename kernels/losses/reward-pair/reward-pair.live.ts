import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const pairs = 4097;

export const run: RunSpec = {
  operation: 'rewardPair',
  inputs: {
    rewards: { shape: [2 * pairs], random: 12 },
    margins: { shape: [pairs], random: 2 },
    scale: { shape: [1], values: [1 / pairs] },
  },
  options: { centering: 0.01 },
  gradients: ['rewards'],
  tolerance: 2e-6,
};

const leads = Array.from({ length: 81 }, (_, i) => -6 + i * 0.15);

export const figure: FigureSpec = {
  caption: {
    en: 'The push on both rewards of a pair (minus the loss’s slopes), against the lead of the chosen one. A margin moves the curves to the right. Centering pulls both rewards of a pair towards a sum of zero: shift them, and see how it acts on both alike.',
    zh: '一对回答的两个奖励各自受到的推力（损失斜率取负），横轴是被选回答的领先量。边距使曲线右移。居中把一对奖励的和拉向零：把两者一起平移，可以看到它对两者的作用相同。',
  },
  sliders: [
    {
      name: 'margin',
      label: { en: 'margin m', zh: '边距 m' },
      min: 0,
      max: 4,
      step: 0.25,
      value: 0,
    },
    {
      name: 'centering',
      label: { en: 'centering coefficient', zh: '居中系数' },
      min: 0,
      max: 0.1,
      step: 0.01,
      value: 0.01,
    },
    {
      name: 'shift',
      label: { en: 'shift of both rewards', zh: '两个奖励的平移' },
      min: -5,
      max: 5,
      step: 0.5,
      value: 0,
    },
  ],
  problem: ({ margin, centering, shift }) => ({
    operation: 'rewardPair',
    inputs: {
      rewards: {
        shape: [162],
        values: [...leads.map((x) => shift! + x / 2), ...leads.map((x) => shift! - x / 2)],
      },
      margins: { shape: [81], values: leads.map(() => margin!) },
      scale: { shape: [1], values: [1] },
    },
    options: { centering: centering! },
    gradients: ['rewards'],
  }),
  draw: ({ d_rewards }) => ({
    kind: 'lines',
    x: leads,
    xLabel: { en: 'lead of the chosen answer, c − r', zh: '被选回答的领先量 c − r' },
    yLabel: { en: 'push', zh: '推力' },
    yRange: [-2, 2],
    series: [
      {
        name: { en: 'on the chosen reward', zh: '对被选回答的奖励' },
        y: d_rewards!.slice(0, 81).map((d) => -d),
      },
      {
        name: { en: 'on the rejected reward', zh: '对被拒回答的奖励' },
        y: d_rewards!.slice(81).map((d) => -d),
      },
    ],
  }),
};
