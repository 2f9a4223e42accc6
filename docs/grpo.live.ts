import type { FigureSpec, PreferSpec, RunSpec } from '../website/src/live/live.ts';

const count = 70_001;

export const run: RunSpec = {
  operation: 'ppoClip',
  inputs: {
    logps: { shape: [count], random: 2 },
    oldLogps: { shape: [count], random: 2, seed: 5 },
    advantages: { shape: [count], random: 4, seed: 6 },
    mask: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    },
    scale: { shape: [1], values: [1 / 7] },
  },
  options: { epsilonLow: 0.2, epsilonHigh: 0.28, delta: 1.5 },
  gradients: ['logps'],
  tolerance: 2e-6,
};

const siblings = [0.2, 0.5, 0.9];

function advantages(reward: number, scaled: boolean): number[] {
  const rewards = [reward, ...siblings];
  const mean = rewards.reduce((a, b) => a + b, 0) / 4;
  const std = Math.sqrt(rewards.reduce((sum, r) => sum + (r - mean) ** 2, 0) / 3);
  return rewards.map((r) => (r - mean) / (scaled ? std + 1e-4 : 1));
}

export const figure: FigureSpec = {
  caption: {
    en: 'Four completions to one prompt: how hard each token of them is pushed on fresh samples. B, C and D have the rewards 0.2, 0.5 and 0.9; that of A is yours. What counts is where a completion stands among its siblings: bring all rewards together, and divided by their deviation the push stays as it was.',
    zh: '对同一提示的四个回答：在新样本上，它们的每个词元被推动的力度。B、C、D 的奖励是 0.2、0.5、0.9；A 的由你决定。要紧的是一个回答在同组中的位置：奖励挤在一起时，除以标准差之后推力依旧。',
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
    {
      name: 'scaled',
      label: { en: 'divide by the deviation (1: yes)', zh: '是否除以标准差（1：是）' },
      min: 0,
      max: 1,
      step: 1,
      value: 1,
    },
  ],
  problem: ({ reward, scaled }) => ({
    operation: 'ppoClip',
    inputs: {
      logps: { shape: [4], values: [-1, -1, -1, -1] },
      oldLogps: { shape: [4], values: [-1, -1, -1, -1] },
      advantages: { shape: [4], values: advantages(reward!, scaled === 1) },
      mask: { shape: [4], values: [1, 1, 1, 1] },
      scale: { shape: [1], values: [1] },
    },
    options: { epsilonLow: 0.2, epsilonHigh: 0.2 },
    gradients: ['logps'],
  }),
  draw: ({ d_logps }) => ({
    kind: 'bars',
    labels: ['A', 'B', 'C', 'D'],
    yLabel: { en: 'push', zh: '推力' },
    yRange: [-1.6, 1.6],
    series: [
      { name: { en: 'push on each token', zh: '对每个词元的推力' }, y: d_logps!.map((d) => -d) },
    ],
  }),
};

export const prefer: PreferSpec = {
  algorithm: 'grpo',
  beta: 0.04,
  learningRate: 2e-3,
  steps: 32,
  betas: [0, 0.04, 0.1],
};
