import type { FigureSpec, PreferSpec, RunSpec } from '../website/src/live/live.ts';

const rows = 257;
const count = 20_000;
/** Answers of 1 to 73 tokens, with gaps of up to two tokens between them. */
const ends = Array.from({ length: rows }, (_, r) => 75 * (r + 1) - (r % 3));

export const run: RunSpec = {
  operation: 'segmentSum',
  inputs: {
    x: { shape: [count], random: 8 },
    weights: { shape: [count], values: new Array<number>(count).fill(1) },
    bounds: {
      shape: [rows, 2],
      values: ends.flatMap((end, r) => [end - 1 - ((r * 31) % 73), end]),
      dtype: 'i32',
    },
  },
  gradients: ['x'],
  tolerance: 2e-6,
};

/** Rewards of three siblings, and what each has drifted from the reference in nats. */
const siblings = [0.2, 0.5, 0.9];
const drifts = [1, 0, 4];

export const figure: FigureSpec = {
  caption: {
    en: 'Four completions; each is compared with the mean of the other three. Drift from the reference is taken off the reward first: with a greater β the completion D, good but 4 nats away, loses its advantage.',
    zh: '四个回答，每个都与另外三个的平均相比。与参考模型的距离先从奖励中扣除：β 越大，好但远在 4 奈特之外的回答 D 就越失去优势。',
  },
  sliders: [
    {
      name: 'reward',
      label: { en: 'reward of A', zh: 'A 的奖励' },
      min: 0,
      max: 2,
      step: 0.1,
      value: 0.5,
    },
    { name: 'beta', label: { en: 'β', zh: 'β' }, min: 0, max: 0.3, step: 0.05, value: 0 },
  ],
  problem: ({ reward, beta }) => {
    const held = [reward!, ...siblings.map((r, i) => r - beta! * drifts[i]!)];
    const sum = held.reduce((a, b) => a + b, 0);
    return {
      operation: 'ppoClip',
      inputs: {
        logps: { shape: [4], values: [-50, -50, -50, -50] },
        oldLogps: { shape: [4], values: [-50, -50, -50, -50] },
        advantages: { shape: [4], values: held.map((r) => r - (sum - r) / 3) },
        mask: { shape: [4], values: [1, 1, 1, 1] },
        scale: { shape: [1], values: [1] },
      },
      options: { epsilonLow: 0.2, epsilonHigh: 0.2 },
      gradients: ['logps'],
    };
  },
  draw: ({ d_logps }) => ({
    kind: 'bars',
    labels: ['A', 'B', 'C', 'D'],
    yLabel: { en: 'push', zh: '推力' },
    yRange: [-1.6, 1.6],
    series: [
      {
        name: { en: 'push on the completion', zh: '对整个回答的推力' },
        y: d_logps!.map((d) => -d),
      },
    ],
  }),
};

export const prefer: PreferSpec = {
  algorithm: 'rloo',
  beta: 0.05,
  learningRate: 2e-3,
  steps: 32,
  betas: [0, 0.05, 0.1],
};
