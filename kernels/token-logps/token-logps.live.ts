import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const words = ['the', 'a', 'cat', 'dog', 'sat', 'ran', 'on', 'in', 'mat', 'sun', '.', 'and'];
const scores = [2.2, 1.9, 1.2, 1, 0.4, 0.3, 0, -0.2, -0.6, -1, -1.4, -2];

export const run: RunSpec = {
  operation: 'tokenLogps',
  inputs: {
    hidden: { shape: [65, 64], random: 2 },
    weight: { shape: [3001, 64], random: 1 },
    targets: {
      shape: [65],
      values: Array.from({ length: 65 }, (_, i) => (i % 3 === 2 ? -100 : (i * 31) % 3001)),
      dtype: 'i32',
    },
  },
  gradients: ['hidden', 'weight'],
  tolerance: 3e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'Probability of each of twelve words being next, and the entropy of that distribution (in bits, the same for all). A higher temperature flattens it, up to log₂ 12 = 3.58 bits.',
    zh: '十二个词各自接下来出现的概率，以及这个分布的熵（单位比特，各词相同）。温度越高分布越平，熵最多为 log₂ 12 = 3.58 比特。',
  },
  sliders: [
    {
      name: 'temperature',
      label: { en: 'temperature', zh: '温度' },
      min: 0.2,
      max: 4,
      step: 0.1,
      value: 1,
    },
  ],
  problem: ({ temperature }) => ({
    operation: 'tokenLogps',
    inputs: {
      hidden: { shape: [12, 1], values: new Array(12).fill(1) },
      weight: { shape: [12, 1], values: scores },
      targets: { shape: [12], values: words.map((_, i) => i), dtype: 'i32' },
    },
    options: { temperature },
  }),
  draw: ({ logps, entropy }) => ({
    kind: 'bars',
    labels: words,
    yLabel: { en: 'probability', zh: '概率' },
    yRange: [0, 1],
    note: {
      en: `entropy ${(entropy![0]! / Math.LN2).toFixed(2)} bits`,
      zh: `熵 ${(entropy![0]! / Math.LN2).toFixed(2)} 比特`,
    },
    series: [{ name: { en: 'p(word)', zh: 'p（词）' }, y: logps!.map(Math.exp) }],
  }),
};
