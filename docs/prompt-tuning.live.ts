import type { FigureSpec, RunSpec, TrainSpec } from '../website/src/live/live.ts';

const virtual = 3;
const words = ['Ruby', 'is', 'here', '.', 'Noah', 'is', 'not', 'here', '.'];
const length = words.length + virtual;
const names = [...words, '1', '2', '3'];

export const figure: FigureSpec = {
  caption: {
    en: 'Two documents and three virtual tokens in one row. The virtual tokens run through the model once, as a document of their own at the end of the row, and both documents see them. The kernel computes how much each token (row) takes from each other (column).',
    zh: '一行里有两个文档和三个虚拟词元。虚拟词元放在行尾，自成一个文档，只经过模型一次，两个文档都能看见它们。由内核算出每个词元（行）从其他词元（列）取多少。',
  },
  sliders: [
    {
      name: 'border',
      label: { en: 'second document begins at', zh: '第二个文档的起点' },
      min: 0,
      max: 9,
      step: 1,
      value: 4,
    },
    {
      name: 'sharpness',
      label: { en: 'size of q·k', zh: 'q·k 的大小' },
      min: 0,
      max: 4,
      step: 0.25,
      value: 1,
    },
  ],
  problem: ({ border, sharpness }) => ({
    operation: 'prefixAttention',
    inputs: {
      q: { shape: [length, length], random: 4, seed: 5 },
      k: { shape: [length, length], random: 4, seed: 6 },
      v: {
        shape: [length, length],
        values: Array.from({ length: length * length }, (_, i) => (i % (length + 1) ? 0 : 1)),
      },
      bounds: {
        shape: [length, 2],
        values: names.flatMap((_, i) => {
          if (i >= words.length) return [words.length, length];
          return i < border! ? [0, border!] : [border!, words.length];
        }),
        dtype: 'i32',
      },
    },
    options: {
      rows: 1,
      length,
      heads: 1,
      kvHeads: 1,
      headDim: length,
      virtual,
      scale: sharpness! / Math.sqrt(length),
    },
  }),
  draw: ({ y }) => ({
    kind: 'cells',
    rows: names,
    columns: names,
    values: y!,
    xLabel: { en: 'looked at', zh: '被看的词元' },
    yLabel: { en: 'looking', zh: '在看的词元' },
  }),
};

export const run: RunSpec = {
  operation: 'prefixAttention',
  inputs: {
    q: { shape: [128, 4 * 32], random: 4 },
    k: { shape: [128, 4 * 32], random: 4 },
    v: { shape: [128, 4 * 32], random: 2 },
    bounds: {
      shape: [128, 2],
      values: Array.from({ length: 128 }, (_, i) => {
        if (i >= 112) return [112, 128];
        return i < 60 ? [0, 60] : [60, 112];
      }).flat(),
      dtype: 'i32',
    },
  },
  options: { rows: 1, length: 128, heads: 4, kvHeads: 4, headDim: 32, virtual: 16 },
  gradients: ['q', 'k', 'v'],
  tolerance: 3e-6,
};

export const train: TrainSpec = {
  method: 'prompt',
  rank: 16,
  tokens: 16,
  learningRate: 1e-1,
  steps: 100,
  start: 'pretrained',
  answersOnly: true,
  choices: ['tokens', 'learningRate'],
};
