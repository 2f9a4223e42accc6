import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const count = 70_001;

export const run: RunSpec = {
  operation: 'tokenKl',
  inputs: {
    logps: { shape: [count], random: 3 },
    refLogps: { shape: [count], random: 3, seed: 5 },
    ratioLogps: { shape: [count], random: 2, seed: 6 },
    oldLogps: { shape: [count], random: 2, seed: 7 },
  },
  gradients: ['logps', 'ratioLogps'],
  tolerance: 2e-6,
};

const differences = Array.from({ length: 81 }, (_, i) => (i - 40) / 20);

export const figure: FigureSpec = {
  caption: {
    en: 'The estimate at one token, against d = reference minus policy. It is never negative, and steep where the reference finds the token likelier. Over many samples of the policy its mean is the divergence, as is that of −d, but with far less noise.',
    zh: '一个词元处的估计，横轴为 d = 参考减策略。它从不为负，参考模型认为更可能的一侧很陡。对策略的许多样本取平均就是散度；−d 的平均也是，但噪声大得多。',
  },
  sliders: [
    {
      name: 'ratio',
      label: { en: 'ratio ρ to the old policy', zh: '对旧策略的比值 ρ' },
      min: 0.5,
      max: 2,
      step: 0.1,
      value: 1,
    },
  ],
  problem: ({ ratio }) => ({
    operation: 'tokenKl',
    inputs: {
      logps: { shape: [81], values: differences.map((d) => -d) },
      refLogps: { shape: [81], values: differences.map(() => 0) },
      ratioLogps: { shape: [81], values: differences.map(() => Math.log(ratio!)) },
      oldLogps: { shape: [81], values: differences.map(() => 0) },
    },
  }),
  draw: ({ y }) => ({
    kind: 'lines',
    x: differences,
    xLabel: { en: 'd = log π_ref − log π', zh: 'd = log π_ref − log π' },
    yLabel: { en: 'estimate (nats)', zh: '估计（奈特）' },
    yRange: [-2, 6],
    series: [
      { name: { en: 'ρ · k3 (the kernel)', zh: 'ρ · k3（内核）' }, y: y! },
      { name: { en: 'k1 = −d', zh: 'k1 = −d' }, y: differences.map((d) => -d), dashed: true },
      {
        name: { en: 'k2 = d² / 2', zh: 'k2 = d² / 2' },
        y: differences.map((d) => (d * d) / 2),
        dashed: true,
      },
    ],
  }),
};
