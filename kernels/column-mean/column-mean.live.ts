import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const columns = 12;

export const run: RunSpec = {
  operation: 'columnMean',
  inputs: { x: { shape: [4099, 192], random: 4 } },
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'Means of twelve columns of random numbers around a centre. The more rows, the closer each mean comes to the centre: the rest shrinks as one over the root of their number.',
    zh: '十二列随机数各自的均值，随机数围绕一个中心。行数越多，各列均值越接近中心：余下的偏差按行数平方根的倒数缩小。',
  },
  sliders: [
    {
      name: 'power',
      label: { en: 'rows, as a power of two', zh: '行数（二的几次方）' },
      min: 0,
      max: 12,
      step: 1,
      value: 2,
    },
    { name: 'width', label: { en: 'spread', zh: '散布' }, min: 0, max: 4, step: 0.5, value: 2 },
  ],
  problem: ({ power, width }) => ({
    operation: 'columnMean',
    inputs: { x: { shape: [2 ** power!, columns], random: width!, seed: 9 } },
  }),
  draw: ({ y }) => ({
    kind: 'bars',
    labels: Array.from({ length: columns }, (_, i) => String(i + 1)),
    yLabel: { en: 'mean', zh: '均值' },
    yRange: [-2, 2],
    series: [{ name: { en: 'y', zh: 'y' }, y: y! }],
  }),
};
