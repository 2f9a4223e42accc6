import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const rows = 257;
const count = 20_000;
/** Answers of 1 to 73 tokens, with gaps of up to two tokens between them. */
const ends = Array.from({ length: rows }, (_, r) => 75 * (r + 1) - (r % 3));
const bounds = ends.flatMap((end, r) => [end - 1 - ((r * 31) % 73), end]);

export const run: RunSpec = {
  operation: 'segmentSpread',
  inputs: {
    x: { shape: [rows], random: 8 },
    weights: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => (i % 5 === 3 ? 0 : 1 / (1 + (i % 3)))),
    },
    bounds: { shape: [rows, 2], values: bounds, dtype: 'i32' },
  },
  gradients: ['x'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'Two answers and a token of neither. Each token takes the number of its answer; a weight of 0 leaves it out.',
    zh: '两个回答，外加一个不属于任何回答的词元。每个词元取其回答的数；权重为 0 则略去。',
  },
  sliders: [
    {
      name: 'a',
      label: { en: 'number of A', zh: 'A 的数' },
      min: -2,
      max: 2,
      step: 0.25,
      value: 1.5,
    },
    {
      name: 'b',
      label: { en: 'number of B', zh: 'B 的数' },
      min: -2,
      max: 2,
      step: 0.25,
      value: -1,
    },
    {
      name: 'length',
      label: { en: 'tokens of A', zh: 'A 的词元数' },
      min: 1,
      max: 6,
      step: 1,
      value: 3,
    },
  ],
  problem: ({ a, b, length }) => ({
    operation: 'segmentSpread',
    inputs: {
      x: { shape: [2], values: [a!, b!] },
      weights: { shape: [8], values: [1, 1, 1, 1, 1, 1, 1, 1] },
      bounds: { shape: [2, 2], values: [0, length!, length!, 7], dtype: 'i32' },
    },
  }),
  draw: ({ y }, { length }) => ({
    kind: 'bars',
    labels: Array.from({ length: 8 }, (_, i) =>
      i < length! ? `A${i + 1}` : i < 7 ? `B${i + 1 - length!}` : '–',
    ),
    yLabel: { en: 'y', zh: 'y' },
    yRange: [-2, 2],
    series: [{ name: { en: 'y', zh: 'y' }, y: y! }],
  }),
};
