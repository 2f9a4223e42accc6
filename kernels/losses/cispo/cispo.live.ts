import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const ratios = Array.from({ length: 81 }, (_, i) => 0.2 + i * 0.04);
const count = 70_001;

export const run: RunSpec = {
  operation: 'cispo',
  inputs: {
    logps: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => -((i * 7919) % 1200) / 100),
    },
    ratioLogps: { shape: [count], random: 2, seed: 5 },
    oldLogps: { shape: [count], random: 2, seed: 6 },
    advantages: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => ((i % 9) - 2) / 2),
    },
    mask: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    },
    scale: { shape: [1], values: [1 / 7] },
  },
  options: { cap: 1.2 },
  gradients: ['logps'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'How hard one token is pushed, against the ratio of new to old probability. CISPO caps the weight and goes on pushing; PPO’s clip takes the push away altogether.',
    zh: '一个词元被推动的力度，横轴是新旧概率之比。CISPO 把权重压在上限，继续推动；PPO 的截断则完全撤去推力。',
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
    { name: 'cap', label: { en: 'cap', zh: '上限' }, min: 0.5, max: 3, step: 0.1, value: 1.5 },
  ],
  problem: ({ advantage, cap }) => ({
    operation: 'cispo',
    inputs: {
      logps: { shape: [81], values: ratios.map(() => -1) },
      ratioLogps: { shape: [81], values: ratios.map(Math.log) },
      oldLogps: { shape: [81], values: ratios.map(() => 0) },
      advantages: { shape: [81], values: ratios.map(() => advantage!) },
      mask: { shape: [81], values: ratios.map(() => 1) },
      scale: { shape: [1], values: [1] },
    },
    options: { cap: cap! },
    gradients: ['logps'],
  }),
  draw: ({ d_logps }, { advantage, cap }) => ({
    kind: 'lines',
    x: ratios,
    xLabel: { en: 'ratio ρ = new probability / old probability', zh: '比值 ρ = 新概率 / 旧概率' },
    yLabel: { en: 'push', zh: '推力' },
    yRange: [-6, 6],
    series: [
      { name: { en: 'CISPO (the kernel)', zh: 'CISPO（内核）' }, y: d_logps!.map((d) => -d) },
      {
        name: { en: 'PPO, clipped at the cap', zh: 'PPO，在上限截断' },
        y: ratios.map((r) => (advantage! > 0 && r > cap! ? 0 : r * advantage!)),
        dashed: true,
      },
    ],
  }),
};
