import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const kinds = ['relu', 'tanh', 'silu'] as const;

/** SiLU of numbers between -4 and 4: the one of the three with an exponential in its gradient too. */
export const run: RunSpec = {
  operation: 'activate',
  inputs: { x: { shape: [1, 100_003], random: 8 } },
  options: { kind: 'silu' },
  gradients: ['x'],
  tolerance: 2e-6,
};

const points = Array.from({ length: 97 }, (_, i) => (i - 48) / 48);

export const figure: FigureSpec = {
  caption: {
    en: 'Each function and its slope. ReLU’s slope jumps from 0 to 1 and stays; tanh’s dies out on both sides; SiLU’s is a little above 1 on the right and below 0 on the left.',
    zh: '每个函数和它的斜率。ReLU 的斜率从 0 跳到 1 便不再变；tanh 的斜率向两侧消失；SiLU 的斜率右侧略高于 1，左侧略低于 0。',
  },
  sliders: [
    {
      name: 'kind',
      label: { en: '1 ReLU, 2 tanh, 3 SiLU', zh: '1 ReLU，2 tanh，3 SiLU' },
      min: 1,
      max: 3,
      step: 1,
      value: 3,
    },
    {
      name: 'range',
      label: { en: 'x from −range to range', zh: 'x 从 −范围到范围' },
      min: 1,
      max: 10,
      step: 1,
      value: 5,
    },
  ],
  problem: ({ kind, range }) => ({
    operation: 'activate',
    inputs: { x: { shape: [97], values: points.map((p) => p * range!) } },
    options: { kind: kinds[kind! - 1]! },
    gradients: ['x'],
  }),
  draw: ({ y, d_x }, { range }) => ({
    kind: 'lines',
    x: points.map((p) => p * range!),
    xLabel: { en: 'x', zh: 'x' },
    yLabel: { en: 'value', zh: '值' },
    series: [
      { name: { en: 'f(x)', zh: 'f(x)' }, y: y! },
      { name: { en: 'slope', zh: '斜率' }, y: d_x! },
    ],
  }),
};
