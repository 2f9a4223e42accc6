import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const words = ['Ruby', 'is', 'in', 'the', 'castle', '.', 'Noah', 'is', 'in', 'the', 'attic', '.'];
const capacity = words.length;

/** Eight sequences of different lengths; a cache of 600 places with the heads of SmolLM2-135M. */
export const run: RunSpec = {
  operation: 'attentionDecode',
  inputs: {
    q: { shape: [8, 9 * 64], random: 4 },
    kCache: { shape: [8, 600, 3 * 64], random: 4 },
    vCache: { shape: [8, 600, 3 * 64], random: 2 },
    lengths: { shape: [8], values: [600, 1, 64, 65, 257, 0, 599, 300], dtype: 'i32' },
  },
  options: { heads: 9, kvHeads: 3, headDim: 64 },
  tolerance: 3e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'How much the new token takes from each token in the cache: the cached values are a unit matrix, so the kernel’s output is its weights. Places behind the length are never read; a window reads only the last ones.',
    zh: '新词元从缓存里每个词元取多少：把缓存的值设为单位矩阵，内核的输出就是权重。长度之后的位置从不读取；有窗口时只读最后几个。',
  },
  sliders: [
    {
      name: 'length',
      label: { en: 'length', zh: '长度' },
      min: 1,
      max: capacity,
      step: 1,
      value: 8,
    },
    {
      name: 'window',
      label: { en: 'window', zh: '窗口' },
      min: 1,
      max: capacity,
      step: 1,
      value: capacity,
    },
    {
      name: 'sharpness',
      label: { en: 'size of q·k', zh: 'q·k 的大小' },
      min: 0,
      max: 4,
      step: 0.25,
      value: 1,
    },
  ],
  problem: ({ length, window, sharpness }) => ({
    operation: 'attentionDecode',
    inputs: {
      q: { shape: [1, capacity], random: 4, seed: 5 },
      kCache: { shape: [1, capacity, capacity], random: 4, seed: 6 },
      vCache: {
        shape: [1, capacity, capacity],
        values: Array.from({ length: capacity ** 2 }, (_, i) => (i % (capacity + 1) ? 0 : 1)),
      },
      lengths: { shape: [1], values: [length!], dtype: 'i32' },
    },
    options: {
      heads: 1,
      kvHeads: 1,
      headDim: capacity,
      window,
      scale: sharpness! / Math.sqrt(capacity),
    },
  }),
  draw: ({ y }) => ({
    kind: 'bars',
    labels: words,
    yLabel: { en: 'weight', zh: '权重' },
    yRange: [0, 1],
    series: [{ name: { en: 'y', zh: 'y' }, y: y! }],
  }),
};
