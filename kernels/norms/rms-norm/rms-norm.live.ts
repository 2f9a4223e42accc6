import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const row = [0.5, -1, 2, 1.5, -0.25, 1, -2, 0.75];
const eps = 1e-5;

/** Rows of an odd length, weights around 1. */
export const run: RunSpec = {
  operation: 'rmsNorm',
  inputs: {
    x: { shape: [257, 577], random: 4 },
    weight: { shape: [577], random: 3 },
  },
  options: { eps },
  gradients: ['x', 'weight'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'A row of eight numbers, all multiplied by the same factor, the fourth made larger. The factor changes nothing until the numbers are about as small as √eps = 0.003; one large number makes all others small.',
    zh: '一行八个数，全部乘以同一个因子，并放大其中第四个。因子毫无影响，直到这些数小到 √eps = 0.003 左右；而一个大数会把其余的全部压小。',
  },
  sliders: [
    {
      name: 'power',
      label: { en: 'factor, as a power of ten', zh: '因子（十的几次方）' },
      min: -4,
      max: 3,
      step: 0.5,
      value: 0,
    },
    {
      name: 'outlier',
      label: { en: 'fourth number, times', zh: '第四个数的倍数' },
      min: 1,
      max: 20,
      step: 1,
      value: 1,
    },
  ],
  problem: ({ power, outlier }) => ({
    operation: 'rmsNorm',
    inputs: {
      x: {
        shape: [1, 8],
        values: row.map((x, i) => x * 10 ** power! * (i === 3 ? outlier! : 1)),
      },
      weight: { shape: [8], values: row.map(() => 1) },
    },
    options: { eps },
  }),
  draw: ({ y }) => ({
    kind: 'bars',
    labels: row.map(String),
    yLabel: { en: 'normalised', zh: '归一化之后' },
    yRange: [-3, 3],
    series: [{ name: { en: 'y', zh: 'y' }, y: y! }],
  }),
};
