import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const count = 70_001;
const probabilities = Array.from({ length: 81 }, (_, i) => 0.005 + (i * 0.99) / 80);

/** `nll` and `dft` take the same inputs. */
export const tokenRun = (operation: 'nll' | 'dft'): RunSpec => ({
  operation,
  inputs: {
    logps: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => -((i * 37) % 101) / 12),
    },
    weights: {
      shape: [count],
      values: Array.from({ length: count }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    },
    scale: { shape: [1], values: [1 / 52_500] },
  },
  gradients: ['logps'],
  tolerance: 2e-6,
});

export const run = tokenRun('nll');

/** The pull on a token's logit: the kernel's slope times softmax's own, 1 − p. */
export const pullFigure = (
  operation: 'nll' | 'dft',
  caption: FigureSpec['caption'],
): FigureSpec => ({
  caption,
  sliders: [
    {
      name: 'weight',
      label: { en: 'weight of the token', zh: '词元的权重' },
      min: 0,
      max: 2,
      step: 0.1,
      value: 1,
    },
  ],
  problem: ({ weight }) => ({
    operation,
    inputs: {
      logps: { shape: [81], values: probabilities.map(Math.log) },
      weights: { shape: [81], values: probabilities.map(() => weight!) },
      scale: { shape: [1], values: [1] },
    },
    gradients: ['logps'],
  }),
  draw: ({ d_logps }) => ({
    kind: 'lines',
    x: probabilities,
    xLabel: { en: 'probability of the token', zh: '词元的概率' },
    yLabel: { en: 'pull', zh: '拉力' },
    yRange: [0, 2],
    series: [
      { name: { en: 'on the log-probability', zh: '对对数概率' }, y: d_logps!.map((d) => 0 - d) },
      {
        name: { en: 'on the logit', zh: '对 logit' },
        y: d_logps!.map((d, i) => -d * (1 - probabilities[i]!)),
      },
    ],
  }),
});

export const figure = pullFigure('nll', {
  en: 'The pull on a token. On its log-probability it is the weight, whatever the probability; on its logit it is what softmax leaves of that: strong for a token that was thought unlikely, none for one that is certain.',
  zh: '一个词元受到的拉力。对它的对数概率，拉力就是权重，与概率无关；对它的 logit，则是经过 softmax 剩下的部分：原以为不可能的词元拉力强，已经确定的词元没有拉力。',
});
