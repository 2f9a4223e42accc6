import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const rows = 257;
const tokens = rows * 20;

export const run: RunSpec = {
  operation: 'wpoWeights',
  inputs: {
    logps: {
      shape: [tokens],
      values: Array.from({ length: tokens }, (_, i) => -((i * 37) % 101) / 30),
    },
    logSumSquares: {
      shape: [tokens],
      values: Array.from({ length: tokens }, (_, i) => -((i * 53) % 97) / 40),
    },
    bounds: {
      shape: [rows, 2],
      dtype: 'i32',
      values: Array.from({ length: rows }, (_, r) => [20 * r, 20 * r + (r % 21)]).flat(),
    },
  },
  tolerance: 2e-6,
};

const means = Array.from({ length: 81 }, (_, i) => -4 + i * 0.05);

export const figure: FigureSpec = {
  caption: {
    en: 'The weight of an answer against the mean log-probability of its tokens. An answer that the policy would give itself weighs 1 or more, a foreign one next to nothing. Where the policy is unsure (ln Σp² far below 0), the same log-probability is no longer foreign.',
    zh: '回答的权重，横轴是它各词元的平均对数概率。策略自己会给出的回答权重为 1 或更大，陌生的回答几乎没有权重。策略拿不准时（ln Σp² 远小于 0），同样的对数概率就不算陌生。',
  },
  sliders: [
    {
      name: 'squares',
      label: { en: 'mean of ln Σp²', zh: 'ln Σp² 的平均' },
      min: -3,
      max: 0,
      step: 0.1,
      value: -1,
    },
  ],
  problem: ({ squares }) => ({
    operation: 'wpoWeights',
    inputs: {
      logps: { shape: [81], values: means },
      logSumSquares: { shape: [81], values: means.map(() => squares!) },
      bounds: { shape: [81, 2], dtype: 'i32', values: means.flatMap((_, i) => [i, i + 1]) },
    },
  }),
  draw: ({ weights }) => ({
    kind: 'lines',
    x: means,
    xLabel: { en: 'mean log-probability of a token', zh: '词元的平均对数概率' },
    yLabel: { en: 'weight', zh: '权重' },
    yRange: [0, 3],
    series: [{ name: { en: 'weight (the kernel)', zh: '权重（内核）' }, y: weights! }],
  }),
};
