import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const pairs = (bounds: readonly (readonly [number, number])[]) => ({
  shape: [bounds.length, 2],
  values: bounds.flat(),
  dtype: 'i32' as const,
});

/** Two documents of 100 tokens in SmolLM2-135M's attention, 20 virtual tokens before each. */
const documents = Array.from({ length: 200 }, (_, i): [number, number] =>
  i < 100 ? [0, 100] : [100, 200],
);

export const run: RunSpec = {
  operation: 'prefixAttention',
  inputs: {
    q: { shape: [200, 9 * 64], random: 4 },
    k: { shape: [200, 3 * 64], random: 4 },
    v: { shape: [200, 3 * 64], random: 2 },
    bounds: pairs(documents),
    prefix: { shape: [20, 2 * 3 * 64], random: 4 },
  },
  options: { rows: 1, length: 200, heads: 9, kvHeads: 3, headDim: 64, virtual: 20 },
  gradients: ['q', 'k', 'v', 'prefix'],
  tolerance: 3e-6,
};

const [virtual, tokens] = [3, 5];
const width = virtual + tokens;
const words = ['The', 'little', 'fox', 'ran', 'home'];
/** How well each word's key fits the last word's query. */
const fits = [0.2, 0.4, 1.2, 0.8, 0.6];
/** A value of its own for each key, so that the output is the weights themselves. */
const unit = (i: number) => Array.from({ length: width }, (_, d) => Number(d === i));
const first = (x: number) => [x, ...new Array<number>(width - 1).fill(0)];

export const figure: FigureSpec = {
  caption: {
    en: 'What the last word attends to: three virtual tokens, then the five words. Keys of virtual tokens are parameters; the better they fit the query, the more of the attention they take, from all words alike.',
    zh: '最后一个词关注什么：三个虚拟词元，然后是五个词。虚拟词元的键是参数；它们与查询越相合，就从所有词那里分走越多的注意力。',
  },
  sliders: [
    {
      name: 'strength',
      label: { en: 'fit of the virtual tokens', zh: '虚拟词元的契合度' },
      min: -3,
      max: 3,
      step: 0.25,
      value: 1,
    },
    {
      name: 'window',
      label: { en: 'window, virtual tokens counted', zh: '窗口（虚拟词元计入）' },
      min: 1,
      max: width,
      step: 1,
      value: width,
    },
  ],
  problem: ({ strength, window }) => ({
    operation: 'prefixAttention',
    inputs: {
      q: { shape: [tokens, width], values: words.flatMap(() => first(1)) },
      k: { shape: [tokens, width], values: fits.flatMap(first) },
      v: { shape: [tokens, width], values: words.flatMap((_, i) => unit(virtual + i)) },
      bounds: pairs(words.map(() => [0, tokens])),
      prefix: {
        shape: [virtual, 2 * width],
        values: [0.5, 1, 1.5].flatMap((x, j) => [...first(x * strength!), ...unit(j)]),
      },
    },
    options: {
      rows: 1,
      length: tokens,
      heads: 1,
      kvHeads: 1,
      headDim: width,
      virtual,
      window: window!,
      scale: 1,
    },
  }),
  draw: ({ y }) => ({
    kind: 'bars',
    labels: ['v1', 'v2', 'v3', ...words],
    yLabel: { en: 'weight', zh: '权重' },
    yRange: [0, 1],
    series: [{ name: { en: 'weight', zh: '权重' }, y: y!.slice((tokens - 1) * width) }],
  }),
};
