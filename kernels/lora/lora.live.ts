import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const n = 16;
/** Two fixed factors, so that a higher rank adds to what a lower one had. */
const wave = (i: number, r: number, phase: number) =>
  Math.cos((Math.PI * (i + 0.5) * (r + 1)) / n + phase * (r + 1)) / Math.sqrt(r + 1);

export const run: RunSpec = {
  operation: 'lora',
  inputs: {
    x: { shape: [129, 320], random: 1 },
    weight: { shape: [257, 320], random: 1 },
    a: { shape: [8, 320], random: 1 },
    b: { shape: [257, 8], random: 1 },
  },
  options: { scale: 2 },
  gradients: ['x', 'a', 'b'],
  tolerance: 5e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'The update s·B·A of a layer of 16 inputs and 16 outputs: x is the identity and the frozen weight zero, so the kernel’s output is the update itself. At rank 1 every row is a multiple of the first.',
    zh: '一个 16 入 16 出的层的更新 s·B·A：取 x 为单位矩阵、冻结权重为零，内核的输出就是更新本身。秩为 1 时，每一行都是第一行的倍数。',
  },
  sliders: [
    { name: 'rank', label: { en: 'rank r', zh: '秩 r' }, min: 1, max: 8, step: 1, value: 1 },
    { name: 'alpha', label: { en: 'alpha', zh: 'alpha' }, min: 1, max: 32, step: 1, value: 16 },
  ],
  problem: ({ rank, alpha }) => ({
    operation: 'lora',
    inputs: {
      x: {
        shape: [n, n],
        values: Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
      },
      weight: { shape: [n, n], values: new Array(n * n).fill(0) },
      a: {
        shape: [rank!, n],
        values: Array.from({ length: rank! * n }, (_, i) => wave(i % n, Math.floor(i / n), 0)),
      },
      b: {
        shape: [n, rank!],
        values: Array.from({ length: n * rank! }, (_, i) =>
          wave(Math.floor(i / rank!), i % rank!, 0.7),
        ),
      },
    },
    options: { scale: alpha! / rank! },
  }),
  draw: ({ y }) => ({
    kind: 'cells',
    rows: new Array(n).fill(''),
    columns: new Array(n).fill(''),
    values: y!,
    xLabel: { en: 'outputs', zh: '输出' },
    yLabel: { en: 'inputs', zh: '输入' },
  }),
};
