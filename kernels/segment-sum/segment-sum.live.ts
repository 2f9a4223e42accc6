import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const rows = 257;
const count = 20_000;
/** Answers of 1 to 73 tokens, with gaps of up to two tokens between them. */
const ends = Array.from({ length: rows }, (_, r) => 75 * (r + 1) - (r % 3));
const bounds = ends.flatMap((end, r) => [end - 1 - ((r * 31) % 73), end]);

export const run: RunSpec = {
  operation: 'segmentSum',
  inputs: {
    x: { shape: [count], random: 8 },
    weights: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => (i % 5 === 3 ? 0 : 1 / (1 + (i % 3)))),
    },
    bounds: { shape: [rows, 2], values: bounds, dtype: 'i32' },
  },
  gradients: ['x'],
  tolerance: 2e-6,
};

const lengthA = 4;

export const figure: FigureSpec = {
  caption: {
    en: 'The log-probability of two answers, summed from their tokens. Answer A has four tokens of −1 each. Answer B may be likelier in every token and still have the lower sum, as it is longer; dividing by the length undoes that.',
    zh: '两个回答的对数概率，由各自的词元相加而得。回答 A 有四个词元，每个 −1。回答 B 即使每个词元都更可能，也会因为更长而总和更低；除以长度则消除这一点。',
  },
  sliders: [
    {
      name: 'length',
      label: { en: 'tokens of B', zh: 'B 的词元数' },
      min: 1,
      max: 24,
      step: 1,
      value: 12,
    },
    {
      name: 'logp',
      label: { en: 'each token of B', zh: 'B 的每个词元' },
      min: -2,
      max: -0.1,
      step: 0.1,
      value: -0.5,
    },
    {
      name: 'average',
      label: { en: 'divide by the length (1: yes)', zh: '是否除以长度（1：是）' },
      min: 0,
      max: 1,
      step: 1,
      value: 0,
    },
  ],
  problem: ({ length, logp, average }) => {
    const tokens = lengthA + length!;
    const of = (a: number, b: number) =>
      Array.from({ length: tokens }, (_, i) => (i < lengthA ? a : b));
    return {
      operation: 'segmentSum',
      inputs: {
        x: { shape: [tokens], values: of(-1, logp!) },
        weights: { shape: [tokens], values: average ? of(1 / lengthA, 1 / length!) : of(1, 1) },
        bounds: { shape: [2, 2], values: [0, lengthA, lengthA, tokens], dtype: 'i32' },
      },
    };
  },
  draw: ({ y }, { average }) => ({
    kind: 'bars',
    labels: ['A', 'B'],
    yLabel: { en: 'log-probability', zh: '对数概率' },
    yRange: average ? [-2, 0] : [-12, 0],
    series: [{ name: { en: 'y', zh: 'y' }, y: y! }],
  }),
};
