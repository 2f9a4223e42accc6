import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const words = ['the', 'cat', 'sat', 'on', 'mat', 'dog', 'ran', 'moon'];
const text = 'the cat sat on the mat the dog ran on the mat'.split(' ');

/** A seventh of the ids is padding, and ids come many times. */
export const run: RunSpec = {
  operation: 'embedding',
  inputs: {
    table: { shape: [3001, 192], random: 1 },
    ids: {
      shape: [1025],
      values: Array.from({ length: 1025 }, (_, t) => (t % 7 === 5 ? -1 : (t * t * 31 + t) % 211)),
      dtype: 'i32',
    },
  },
  gradients: ['table'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'The gradient of each row of the table (its first number), where every token of “the cat sat on the mat the dog ran on the mat” sends back 1. A row gets the sum over its tokens; “moon” was not read and gets exactly 0.',
    zh: '“the cat sat on the mat the dog ran on the mat”里每个词元都送回 1 时，词表各行的梯度（取第一个数）。一行得到它所有词元之和；“moon”没有被读到，恰为 0。',
  },
  sliders: [
    {
      name: 'read',
      label: { en: 'words read', zh: '读了几个词' },
      min: 1,
      max: text.length,
      step: 1,
      value: text.length,
    },
    { name: 'scale', label: { en: 'scale', zh: 'scale' }, min: 0.5, max: 2, step: 0.5, value: 1 },
  ],
  problem: ({ read, scale }) => ({
    operation: 'embedding',
    inputs: {
      table: { shape: [words.length, 4], random: 1 },
      ids: {
        shape: [text.length],
        values: text.map((word, t) => (t < read! ? words.indexOf(word) : -1)),
        dtype: 'i32',
      },
    },
    options: { scale },
    gradients: ['table'],
  }),
  draw: ({ d_table }) => ({
    kind: 'bars',
    labels: words,
    yLabel: { en: 'gradient', zh: '梯度' },
    yRange: [0, 8],
    series: [{ name: { en: 'dTable', zh: 'dTable' }, y: words.map((_, i) => d_table![4 * i]!) }],
  }),
};
