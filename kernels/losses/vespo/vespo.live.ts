import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const rows = 65;
/** Answers of 1 to 130 tokens. */
const lengths = Array.from({ length: rows }, (_, r) => 1 + ((r * 67) % 130));
const ends = lengths.map((_, r) => lengths.slice(0, r + 1).reduce((a, b) => a + b, 0));
const count = ends.at(-1)!;
const ones = new Array<number>(count).fill(1);
const advantages = lengths.flatMap((length, r) => new Array<number>(length).fill((r % 5) - 1.5));

export const run: RunSpec = {
  operation: 'vespo',
  inputs: {
    logps: { shape: [count], random: 0.4 },
    oldLogps: { shape: [count], random: 0.4, seed: 6 },
    advantages: { shape: [count], values: advantages },
    members: { shape: [count], values: ones },
    mask: { shape: [count], values: ones },
    bounds: {
      shape: [rows, 2],
      values: ends.flatMap((end, r) => [end - lengths[r]!, end]),
      dtype: 'i32',
    },
    scale: { shape: [1], values: [1 / 7] },
  },
  gradients: ['logps'],
  tolerance: 1e-5,
};

const ratios = Array.from({ length: 81 }, (_, i) => 0.02 + i * 0.05);

export const figure: FigureSpec = {
  caption: {
    en: 'The weight φ of a whole answer, against the ratio of its probability now to that when it was sampled: 1 where nothing has changed, fading on both sides, sooner where the answer has become much likelier.',
    zh: '整个回答的权重 φ，横轴是它现在的概率与采样时概率之比：没有变化时为 1，向两边渐渐消失，而回答变得可能得多的一侧消失得更快。',
  },
  sliders: [
    {
      name: 'advantage',
      label: { en: 'advantage A', zh: '优势 A' },
      min: -1,
      max: 1,
      step: 2,
      value: 1,
    },
    { name: 'k', label: { en: 'exponent k', zh: '指数 k' }, min: 0.5, max: 4, step: 0.5, value: 2 },
    {
      name: 'lambda',
      label: { en: 'decay λ', zh: '衰减 λ' },
      min: 0.5,
      max: 4,
      step: 0.5,
      value: 3,
    },
  ],
  problem: ({ advantage, k, lambda }) => ({
    operation: 'vespo',
    inputs: {
      logps: { shape: [81], values: ratios.map(Math.log) },
      oldLogps: { shape: [81], values: ratios.map(() => 0) },
      advantages: { shape: [81], values: ratios.map(() => advantage!) },
      members: { shape: [81], values: ratios.map(() => 1) },
      mask: { shape: [81], values: ratios.map(() => 1) },
      bounds: { shape: [81, 2], values: ratios.flatMap((_, i) => [i, i + 1]), dtype: 'i32' },
      scale: { shape: [1], values: [1] },
    },
    options: { kPos: k!, kNeg: k!, lambdaPos: lambda!, lambdaNeg: lambda! },
    gradients: ['logps'],
  }),
  draw: ({ d_logps }, { advantage }) => ({
    kind: 'lines',
    x: ratios,
    xLabel: { en: 'ratio w of the answer', zh: '回答的比值 w' },
    yLabel: { en: 'weight φ', zh: '权重 φ' },
    yRange: [0, 4],
    series: [
      { name: { en: 'φ (the kernel)', zh: 'φ（内核）' }, y: d_logps!.map((d) => -d * advantage!) },
    ],
  }),
};
