import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const small = Array.from({ length: 65 }, (_, i) => (i - 32) / 32);

/** The residual stream of 257 tokens. */
export const run: RunSpec = {
  operation: 'add',
  inputs: { a: { shape: [257, 577], random: 20 }, b: { shape: [257, 577], random: 1 } },
  gradients: ['a', 'b'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'What is left of a small number b after it was added to a large one: (a + b) − a in float32. At a = 2²⁰ it arrives in steps of 1/8 (1/16 below a); at 2²⁵ nothing between −1 and 1 arrives at all.',
    zh: '一个小数 b 加到一个大数上之后还剩多少：float32 里的 (a + b) − a。a = 2²⁰ 时只能以 1/8 为台阶（a 之下是 1/16）；a = 2²⁵ 时，−1 到 1 之间的数一点也加不进去。',
  },
  sliders: [
    {
      name: 'power',
      label: { en: 'a, as a power of two', zh: 'a（二的几次方）' },
      min: 10,
      max: 26,
      step: 1,
      value: 20,
    },
  ],
  problem: ({ power }) => ({
    operation: 'add',
    inputs: {
      a: { shape: [1, 65], values: small.map(() => 2 ** power!) },
      b: { shape: [1, 65], values: small },
    },
  }),
  draw: ({ y }, { power }) => ({
    kind: 'lines',
    x: small,
    xLabel: { en: 'b', zh: 'b' },
    yLabel: { en: 'what arrives', zh: '加进去的量' },
    yRange: [-1.1, 1.1],
    series: [
      { name: { en: '(a + b) − a', zh: '(a + b) − a' }, y: y!.map((v) => v - 2 ** power!) },
      { name: { en: 'b itself', zh: 'b 本身' }, y: small, dashed: true },
    ],
  }),
};
