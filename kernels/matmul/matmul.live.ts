import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

/** A heart, closed: 65 points of two numbers. */
const curve = Array.from({ length: 65 }, (_, i) => {
  const t = (2 * Math.PI * i) / 64;
  const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t);
  return [(16 * Math.sin(t) ** 3) / 16, y / 16] as const;
});

export const run: RunSpec = {
  operation: 'matmul',
  inputs: {
    x: { shape: [257, 320], random: 1 },
    weight: { shape: [320, 129], random: 1 },
    bias: { shape: [129], random: 1 },
  },
  gradients: ['x', 'weight', 'bias'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'Each point of the dashed curve is a row of x; the product with a 2 × 2 weight moves it. A matrix does the same to every row, and that is all a linear layer does.',
    zh: '虚线上的每个点是 x 的一行；与一个 2 × 2 的权重相乘，点就被移到别处。矩阵对每一行做同样的事，线性层所做的仅此而已。',
  },
  sliders: [
    {
      name: 'angle',
      label: { en: 'turn (degrees)', zh: '旋转（度）' },
      min: -180,
      max: 180,
      step: 15,
      value: 30,
    },
    { name: 'shear', label: { en: 'shear', zh: '剪切' }, min: -1, max: 1, step: 0.1, value: 0.4 },
    {
      name: 'squeeze',
      label: { en: 'squeeze', zh: '压缩' },
      min: 0,
      max: 1,
      step: 0.1,
      value: 1,
    },
  ],
  problem: ({ angle, shear, squeeze }) => {
    const [c, s] = [Math.cos((angle! * Math.PI) / 180), Math.sin((angle! * Math.PI) / 180)];
    return {
      operation: 'matmul',
      inputs: {
        x: { shape: [65, 2], values: curve.flat() },
        weight: {
          shape: [2, 2],
          values: [c, s, squeeze! * (shear! * c - s), squeeze! * (shear! * s + c)],
        },
      },
    };
  },
  draw: ({ y }) => ({
    kind: 'path',
    xLabel: { en: 'first number of a row', zh: '一行的第一个数' },
    yLabel: { en: 'second', zh: '第二个数' },
    paths: [
      {
        name: { en: 'x·W (the kernel)', zh: 'x·W（内核）' },
        points: Array.from({ length: 65 }, (_, i) => [y![2 * i]!, y![2 * i + 1]!] as const),
      },
      { name: { en: 'x', zh: 'x' }, points: curve, dashed: true },
    ],
    range: 2,
  }),
};
