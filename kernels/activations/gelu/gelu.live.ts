import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const count = 100_003;
const points = Array.from({ length: 81 }, (_, i) => i / 40 - 1);

/** The form of GPT-2. */
export const run: RunSpec = {
  operation: 'gelu',
  inputs: { x: { shape: [count], random: 8 } },
  options: { approximate: 'tanh' },
  gradients: ['x'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'GELU and its slope, in either form. Between the two forms the curves hardly move: they differ by 0.0005 at most. Widen the range to see that beyond ±3 it is as good as max(x, 0).',
    zh: 'GELU 及其斜率，两种形式任选。在两种形式之间切换，曲线几乎不动：最多相差 0.0005。拉宽范围可以看到，在 ±3 之外它与 max(x, 0) 无异。',
  },
  sliders: [
    {
      name: 'tanh',
      label: { en: 'form (0: normal distribution, 1: tanh)', zh: '形式（0：正态分布，1：tanh）' },
      min: 0,
      max: 1,
      step: 1,
      value: 0,
    },
    {
      name: 'range',
      label: { en: 'range of x', zh: 'x 的范围' },
      min: 1,
      max: 8,
      step: 1,
      value: 4,
    },
  ],
  problem: ({ tanh, range }) => ({
    operation: 'gelu',
    inputs: { x: { shape: [81], values: points.map((p) => p * range!) } },
    options: { approximate: tanh ? 'tanh' : 'none' },
    gradients: ['x'],
  }),
  draw: ({ y, d_x }, { range }) => ({
    kind: 'lines',
    x: points.map((p) => p * range!),
    xLabel: { en: 'x', zh: 'x' },
    yLabel: { en: 'value', zh: '值' },
    series: [
      { name: { en: 'GELU', zh: 'GELU' }, y: y! },
      { name: { en: 'slope', zh: '斜率' }, y: d_x! },
      {
        name: { en: 'max(x, 0)', zh: 'max(x, 0)' },
        y: points.map((p) => Math.max(p * range!, 0)),
        dashed: true,
      },
    ],
  }),
};
