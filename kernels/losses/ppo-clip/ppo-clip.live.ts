import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const ratios = Array.from({ length: 81 }, (_, i) => 0.3 + i * 0.02);
const count = 70_001;

export const run: RunSpec = {
  operation: 'ppoClip',
  inputs: {
    logps: { shape: [count], random: 2 },
    oldLogps: { shape: [count], random: 2 },
    advantages: { shape: [count], random: 4 },
    mask: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    },
    scale: { shape: [1], values: [1 / 7] },
  },
  options: { epsilonLow: 0.2, epsilonHigh: 0.28 },
  gradients: ['logps'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'How hard one token is pushed (minus the loss’s slope by its log-probability), against the ratio of new to old probability. Clipping takes the push away where the token has moved far enough in the wanted direction, and only there.',
    zh: '一个词元被推动的力度（损失对其对数概率的斜率取负），横轴是新旧概率之比。截断只在一种情况下撤去推力：词元已朝期望的方向移动得足够远。',
  },
  sliders: [
    {
      name: 'advantage',
      label: { en: 'advantage A', zh: '优势 A' },
      min: -2,
      max: 2,
      step: 0.25,
      value: 1,
    },
    {
      name: 'epsilon',
      label: { en: 'clip range ε', zh: '截断范围 ε' },
      min: 0.05,
      max: 0.5,
      step: 0.05,
      value: 0.2,
    },
  ],
  problem: ({ advantage, epsilon }) => ({
    operation: 'ppoClip',
    inputs: {
      logps: { shape: [81], values: ratios.map(Math.log) },
      oldLogps: { shape: [81], values: ratios.map(() => 0) },
      advantages: { shape: [81], values: ratios.map(() => advantage!) },
      mask: { shape: [81], values: ratios.map(() => 1) },
      scale: { shape: [1], values: [1] },
    },
    options: { epsilonLow: epsilon, epsilonHigh: epsilon },
    gradients: ['logps'],
  }),
  draw: ({ d_logps }, { advantage }) => ({
    kind: 'lines',
    x: ratios,
    xLabel: { en: 'ratio ρ = new probability / old probability', zh: '比值 ρ = 新概率 / 旧概率' },
    yLabel: { en: 'push', zh: '推力' },
    yRange: [-4, 4],
    series: [
      { name: { en: 'clipped (the kernel)', zh: '截断（内核）' }, y: d_logps!.map((d) => -d) },
      {
        name: { en: 'unclipped, ρA', zh: '不截断，ρA' },
        y: ratios.map((r) => r * advantage!),
        dashed: true,
      },
    ],
  }),
};
