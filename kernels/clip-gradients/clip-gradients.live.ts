import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

/** Two buffers, one of a length that four does not divide. */
export const run: RunSpec = {
  operation: 'clipGradients',
  inputs: {
    first: { shape: [1_000_003], random: 0.02 },
    second: { shape: [4096], random: 0.5 },
    maxNorm: { shape: [1], values: [1] },
  },
  tolerance: 1e-6,
};

const circle = (radius: number) =>
  Array.from({ length: 65 }, (_, i): [number, number] => [
    radius * Math.cos((Math.PI * i) / 32),
    radius * Math.sin((Math.PI * i) / 32),
  ]);
const held = (x: number, bound: number) => Math.max(-bound, Math.min(bound, x));

export const figure: FigureSpec = {
  caption: {
    en: 'A gradient of two numbers, in two buffers. Clipping by the norm of both together shortens it to the circle and keeps its direction; holding each number by itself would turn it.',
    zh: '由两个数组成的梯度，分在两个缓冲区里。按两者合起来的范数裁剪，把它缩短到圆上而方向不变；若逐个数限制，方向就会偏转。',
  },
  sliders: [
    {
      name: 'first',
      label: { en: 'first number', zh: '第一个数' },
      min: -4,
      max: 4,
      step: 0.25,
      value: 3.5,
    },
    {
      name: 'second',
      label: { en: 'second number', zh: '第二个数' },
      min: -4,
      max: 4,
      step: 0.25,
      value: 1,
    },
    {
      name: 'bound',
      label: { en: 'max_grad_norm', zh: 'max_grad_norm' },
      min: 0.25,
      max: 4,
      step: 0.25,
      value: 1.5,
    },
  ],
  problem: ({ first, second, bound }) => ({
    operation: 'clipGradients',
    inputs: {
      first: { shape: [1], values: [first!] },
      second: { shape: [1], values: [second!] },
      maxNorm: { shape: [1], values: [bound!] },
    },
  }),
  draw: ({ clip }, { first, second, bound }) => ({
    kind: 'path',
    range: 4,
    xLabel: { en: 'first number', zh: '第一个数' },
    yLabel: { en: 'second number', zh: '第二个数' },
    paths: [
      {
        name: { en: 'clipped by the kernel', zh: '内核裁剪后' },
        points: [
          [0, 0],
          [clip![1]! * first!, clip![1]! * second!],
        ],
      },
      {
        name: { en: 'as it was', zh: '原来' },
        points: [
          [0, 0],
          [first!, second!],
        ],
        dashed: true,
      },
      {
        name: { en: 'each by itself', zh: '逐个限制' },
        points: [
          [0, 0],
          [held(first!, bound!), held(second!, bound!)],
        ],
        dashed: true,
      },
      { name: { en: 'max_grad_norm', zh: 'max_grad_norm' }, points: circle(bound!) },
    ],
  }),
};
