import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const counters = 50_001;

/** Counters of all sizes: the words must be equal bit for bit. */
export const run: RunSpec = {
  operation: 'random',
  inputs: {
    counters: { shape: [counters, 4], below: 2 ** 32, dtype: 'u32' },
    key: { shape: [2], values: [0xdeadbeef, 7], dtype: 'u32' },
  },
  tolerance: 0,
};

const bits = Array.from({ length: 32 }, (_, i) => i);

function ones(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest; rest >>>= 1) count += rest & 1;
  return count;
}

export const figure: FigureSpec = {
  caption: {
    en: 'One bit of the counter is flipped, the first to the thirty-second; how many of the 128 bits of the result change? About half, whichever it was: neighbouring counters have nothing to do with each other.',
    zh: '把计数器的一位翻转，从第一位到第三十二位；结果的 128 位里有多少位改变？不管翻的是哪一位，都约有一半：相邻的计数器彼此毫无关系。',
  },
  sliders: [
    {
      name: 'counter',
      label: { en: 'counter', zh: '计数器' },
      min: 0,
      max: 1000,
      step: 1,
      value: 0,
    },
    { name: 'seed', label: { en: 'seed', zh: '种子' }, min: 0, max: 1000, step: 1, value: 42 },
  ],
  problem: ({ counter, seed }) => ({
    operation: 'random',
    inputs: {
      counters: {
        shape: [33, 4],
        values: [counter!, ...bits.map((bit) => (counter! ^ (1 << bit)) >>> 0)].flatMap((word) => [
          word,
          ...[0, 0, 0],
        ]),
        dtype: 'u32',
      },
      key: { shape: [2], values: [seed!, 0], dtype: 'u32' },
    },
  }),
  draw: ({ words }) => ({
    kind: 'bars',
    labels: bits.map((bit) => (bit % 4 === 3 ? String(bit + 1) : '')),
    yLabel: { en: 'bits that change', zh: '改变的位数' },
    yRange: [0, 128],
    series: [
      {
        name: { en: 'of 128', zh: '共 128' },
        y: bits.map((bit) => {
          let changed = 0;
          for (let w = 0; w < 4; w++) changed += ones(words![w]! ^ words![4 * (bit + 1) + w]!);
          return changed;
        }),
      },
    ],
  }),
};
