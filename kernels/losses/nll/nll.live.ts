import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const count = 70_001;

/** A third of the tokens is left out, another third counts one and a half times. */
export const run: RunSpec = {
  operation: 'nll',
  inputs: {
    logps: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => -((i * 7919) % 1200) / 100),
    },
    weights: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => [1, 0, 1.5][i % 3]!),
    },
    scale: { shape: [1], values: [1 / 64] },
  },
  gradients: ['logps'],
  tolerance: 1e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'How hard each token of two answers is pushed. With one mean over all tokens every token counts the same; with a mean over each answer first, the tokens of a short answer count more.',
    zh: '两个回答里每个词元被推动的力度。对全部词元求一次平均，每个词元分量相同；先在各回答内求平均，短回答的词元分量更重。',
  },
  sliders: [
    {
      name: 'a',
      label: { en: 'tokens of answer A', zh: '回答 A 的词元数' },
      min: 1,
      max: 6,
      step: 1,
      value: 2,
    },
    {
      name: 'b',
      label: { en: 'tokens of answer B', zh: '回答 B 的词元数' },
      min: 1,
      max: 6,
      step: 1,
      value: 6,
    },
  ],
  problem: ({ a, b }) => {
    const tokens = a! + b!;
    // One call, both ways: the first half of the tokens is weighed by all, the second by its answer.
    const weights = Array.from({ length: 2 * tokens }, (_, i) =>
      i < tokens ? 1 / tokens : 1 / (2 * (i - tokens < a! ? a! : b!)),
    );
    return {
      operation: 'nll',
      inputs: {
        logps: { shape: [2 * tokens], values: weights.map(() => -1) },
        weights: { shape: [2 * tokens], values: weights },
        scale: { shape: [1], values: [1] },
      },
      gradients: ['logps'],
    };
  },
  draw: ({ d_logps }, { a, b }) => {
    const tokens = a! + b!;
    const push = d_logps!.map((d) => -d);
    return {
      kind: 'bars',
      labels: Array.from({ length: tokens }, (_, i) => (i < a! ? `A${i + 1}` : `B${i + 1 - a!}`)),
      yLabel: { en: 'push', zh: '推力' },
      yRange: [0, 0.5],
      series: [
        { name: { en: 'mean over tokens', zh: '对词元平均' }, y: push.slice(0, tokens) },
        { name: { en: 'mean over answers', zh: '对回答平均' }, y: push.slice(tokens) },
      ],
    };
  },
};
