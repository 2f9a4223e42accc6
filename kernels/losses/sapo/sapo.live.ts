import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const ratios = Array.from({ length: 101 }, (_, i) => i * 0.05);
const count = 70_001;

export const run: RunSpec = {
  operation: 'sapo',
  inputs: {
    logps: { shape: [count], random: 2 },
    oldLogps: { shape: [count], random: 2, seed: 6 },
    advantages: { shape: [count], random: 4, seed: 7 },
    mask: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    },
    scale: { shape: [1], values: [1 / 7] },
  },
  gradients: ['logps'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'How hard one token is pushed, against the ratio of new to old probability. SAPO’s push rises to about the ratio 2 and then fades; PPO’s stops at its bound. The greater the temperature, the sooner it fades.',
    zh: '一个词元被推动的力度，横轴是新旧概率之比。SAPO 的推力升到比值约为 2 处再渐渐消失，PPO 的则在边界处停住。温度越高，消失得越早。',
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
      name: 'tau',
      label: { en: 'temperature τ', zh: '温度 τ' },
      min: 0.25,
      max: 4,
      step: 0.25,
      value: 1,
    },
  ],
  problem: ({ advantage, tau }) => ({
    operation: 'sapo',
    inputs: {
      logps: { shape: [101], values: ratios.map((r) => Math.log(Math.max(r, 1e-3))) },
      oldLogps: { shape: [101], values: ratios.map(() => 0) },
      advantages: { shape: [101], values: ratios.map(() => advantage!) },
      mask: { shape: [101], values: ratios.map(() => 1) },
      scale: { shape: [1], values: [1] },
    },
    options: { temperaturePos: tau!, temperatureNeg: tau! },
    gradients: ['logps'],
  }),
  draw: ({ d_logps }, { advantage: a }) => ({
    kind: 'lines',
    x: ratios,
    xLabel: { en: 'ratio ρ = new probability / old probability', zh: '比值 ρ = 新概率 / 旧概率' },
    yLabel: { en: 'push', zh: '推力' },
    yRange: [-4, 4],
    series: [
      { name: { en: 'SAPO (the kernel)', zh: 'SAPO（内核）' }, y: d_logps!.map((d) => -d) },
      {
        name: { en: 'PPO, ε = 0.2', zh: 'PPO，ε = 0.2' },
        y: ratios.map((r) => ((a! > 0 && r > 1.2) || (a! < 0 && r < 0.8) ? 0 : r * a!)),
        dashed: true,
      },
    ],
  }),
};
