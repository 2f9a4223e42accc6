import type { FigureSpec, RunSpec, TrainSpec } from '../website/src/live/live.ts';

const virtual = 4;
const text = ['Ruby', 'is', 'in', 'the', 'castle', '.', 'Where', '?'];
const length = text.length;
const dim = virtual + length;
/** One at column `first + i` of row i. */
const unit = (rows: number, first: number) =>
  Array.from({ length: rows * dim }, (_, i) => (i % dim === first + Math.floor(i / dim) ? 1 : 0));

export const figure: FigureSpec = {
  caption: {
    en: 'How much each token (row) takes from four virtual tokens and from the text (columns). The kernel computes it: values are a unit matrix, so its output is its weights. With a window the virtual tokens fall out of sight, as any token does.',
    zh: '每个词元（行）从四个虚拟词元和正文（列）各取多少。由内核算出：把值设为单位矩阵，输出就是权重。有窗口时，虚拟词元也像其他词元一样渐渐看不见。',
  },
  sliders: [
    {
      name: 'strength',
      label: { en: 'size of the prefix keys', zh: '前缀键的大小' },
      min: 0,
      max: 12,
      step: 0.5,
      value: 4,
    },
    { name: 'window', label: { en: 'window', zh: '窗口' }, min: 1, max: 12, step: 1, value: 12 },
  ],
  problem: ({ strength, window }) => {
    const noise = (i: number) => Math.sin(1 + 12.9898 * i) * strength!;
    const values = unit(virtual, 0);
    return {
      operation: 'prefixAttention',
      inputs: {
        q: { shape: [length, dim], random: 2, seed: 5 },
        k: { shape: [length, dim], random: 2, seed: 6 },
        v: { shape: [length, dim], values: unit(length, virtual) },
        bounds: {
          shape: [length, 2],
          values: Array.from({ length: 2 * length }, (_, i) => (i % 2) * length),
          dtype: 'i32',
        },
        prefix: {
          shape: [virtual, 2 * dim],
          values: Array.from({ length: virtual * 2 * dim }, (_, i) => {
            const [row, column] = [Math.floor(i / (2 * dim)), i % (2 * dim)];
            return column < dim ? noise(i) : values[row * dim + column - dim]!;
          }),
        },
      },
      options: {
        rows: 1,
        length,
        heads: 1,
        kvHeads: 1,
        headDim: dim,
        virtual,
        window: window!,
      },
    };
  },
  draw: ({ y }) => ({
    kind: 'cells',
    rows: text,
    columns: ['1', '2', '3', '4', ...text],
    values: y!,
    xLabel: { en: 'looked at: virtual tokens, then the text', zh: '被看的：虚拟词元，然后是正文' },
    yLabel: { en: 'looking', zh: '在看的词元' },
  }),
};

export const run: RunSpec = {
  operation: 'prefixAttention',
  inputs: {
    q: { shape: [257, 4 * 32], random: 4 },
    k: { shape: [257, 4 * 32], random: 4 },
    v: { shape: [257, 4 * 32], random: 2 },
    bounds: {
      shape: [257, 2],
      values: Array.from({ length: 257 }, (_, i) => (i < 130 ? [0, 130] : [130, 257])).flat(),
      dtype: 'i32',
    },
    prefix: { shape: [16, 2 * 128], random: 4 },
  },
  options: { rows: 1, length: 257, heads: 4, kvHeads: 4, headDim: 32, virtual: 16 },
  gradients: ['q', 'k', 'v', 'prefix'],
  tolerance: 3e-6,
};

export const train: TrainSpec = {
  method: 'prefix',
  rank: 16,
  tokens: 16,
  learningRate: 1e-1,
  steps: 80,
  start: 'pretrained',
  answersOnly: true,
  choices: ['tokens', 'learningRate'],
};
