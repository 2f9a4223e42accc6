import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const count = 70_001;

export const run: RunSpec = {
  operation: 'valueClip',
  inputs: {
    values: { shape: [count], random: 4 },
    returns: { shape: [count], random: 4 },
    oldValues: { shape: [count], random: 4 },
    mask: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    },
    scale: { shape: [1], values: [1 / 7] },
  },
  options: { clipRange: 0.2 },
  gradients: ['values'],
  tolerance: 2e-6,
};

const values = Array.from({ length: 81 }, (_, i) => -2 + i * 0.05);

export const figure: FigureSpec = {
  caption: {
    en: 'The pull on one value (minus the loss’s slope), against where it stands now; it stood at 0 when the answer was sampled. Past the range on the side of the return there is no pull any more, until it has overshot as far; on the other side it is never taken away.',
    zh: '一个价值受到的拉力（损失斜率取负），横轴是它现在的位置；采样时它在 0。朝着回报方向越出范围之后不再有拉力，直到超过回报同样远；在另一侧，拉力从不撤去。',
  },
  sliders: [
    {
      name: 'target',
      label: { en: 'return R', zh: '回报 R' },
      min: -2,
      max: 2,
      step: 0.1,
      value: 1,
    },
    {
      name: 'range',
      label: { en: 'range', zh: '范围' },
      min: 0.05,
      max: 1,
      step: 0.05,
      value: 0.2,
    },
  ],
  problem: ({ target, range }) => ({
    operation: 'valueClip',
    inputs: {
      values: { shape: [81], values },
      returns: { shape: [81], values: values.map(() => target!) },
      oldValues: { shape: [81], values: values.map(() => 0) },
      mask: { shape: [81], values: values.map(() => 1) },
      scale: { shape: [1], values: [1] },
    },
    options: { clipRange: range! },
    gradients: ['values'],
  }),
  draw: ({ d_values }, { target }) => ({
    kind: 'lines',
    x: values,
    xLabel: { en: 'value now', zh: '现在的价值' },
    yLabel: { en: 'pull', zh: '拉力' },
    yRange: [-4, 4],
    series: [
      { name: { en: 'clipped (the kernel)', zh: '截断（内核）' }, y: d_values!.map((d) => -d) },
      {
        name: { en: 'plain, R − v', zh: '不截断，R − v' },
        y: values.map((v) => target! - v),
        dashed: true,
      },
    ],
  }),
};
