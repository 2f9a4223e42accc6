import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const length = 12;
const words = ['Ruby', 'is', 'in', 'the', 'castle', '.', 'Noah', 'is', 'in', 'the', 'attic', '.'];

/** Two documents a row, of 130 and 127 tokens. */
const bounds = (tokens: number, border: number) =>
  Array.from({ length: tokens }, (_, i) => (i < border ? [0, border] : [border, tokens])).flat();

export const run: RunSpec = {
  operation: 'attention',
  inputs: {
    q: { shape: [257, 4 * 32], random: 4 },
    k: { shape: [257, 2 * 32], random: 4 },
    v: { shape: [257, 2 * 32], random: 2 },
    bounds: { shape: [257, 2], values: bounds(257, 130), dtype: 'i32' },
  },
  options: { rows: 1, length: 257, heads: 4, kvHeads: 2, headDim: 32 },
  gradients: ['q', 'k', 'v'],
  tolerance: 3e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'How much each token (row) takes from each other (column): the values are a unit matrix, so the kernel’s output is its weights. Nothing lies right of the diagonal, and with two documents in one row nothing crosses their border.',
    zh: '每个词元（行）从其他词元（列）取多少：把值设为单位矩阵，内核的输出就是权重。对角线右侧为空；一行装两个文档时，也没有东西越过它们的边界。',
  },
  sliders: [
    {
      name: 'border',
      label: { en: 'second document begins at', zh: '第二个文档的起点' },
      min: 0,
      max: 11,
      step: 1,
      value: 6,
    },
    { name: 'window', label: { en: 'window', zh: '窗口' }, min: 1, max: 12, step: 1, value: 12 },
    {
      name: 'sharpness',
      label: { en: 'size of q·k', zh: 'q·k 的大小' },
      min: 0,
      max: 4,
      step: 0.25,
      value: 1,
    },
  ],
  problem: ({ border, window, sharpness }) => ({
    operation: 'attention',
    inputs: {
      q: { shape: [length, length], random: 4, seed: 5 },
      k: { shape: [length, length], random: 4, seed: 6 },
      v: {
        shape: [length, length],
        values: Array.from({ length: length * length }, (_, i) => (i % (length + 1) ? 0 : 1)),
      },
      bounds: { shape: [length, 2], values: bounds(length, border!), dtype: 'i32' },
    },
    options: {
      rows: 1,
      length,
      heads: 1,
      kvHeads: 1,
      headDim: length,
      window: window!,
      scale: sharpness! / Math.sqrt(length),
    },
  }),
  draw: ({ y }) => ({
    kind: 'cells',
    rows: words,
    columns: words,
    values: y!,
    xLabel: { en: 'looked at', zh: '被看的词元' },
    yLabel: { en: 'looking', zh: '在看的词元' },
  }),
};
