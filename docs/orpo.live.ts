import { pairFigure, pairRun } from '../kernels/losses/pair-loss/pair-loss.pages.live.ts';
import type { PreferSpec } from '../website/src/live/live.ts';

export const run = pairRun('orpo', { reference: false, averages: true, options: { beta: 0.1 } });

export const figure = pairFigure({
  operation: 'orpo',
  caption: {
    en: 'What the odds ratio adds to plain fine-tuning: its push on both answers, against the chosen one’s mean log-probability. Beside it the likelihood term pushes the chosen answer with 1 per token, whatever stands here: with λ = 0.1 the odds ratio is a correction.',
    zh: '几率比给普通微调添加的东西：对两个回答的推力，横轴是被选回答的平均对数概率。此外，似然项无论如何都以每词元 1 的力推被选回答：λ = 0.1 时，几率比只是一个修正。',
  },
  axis: 'logp of a token',
  beta: {
    min: 0.1,
    max: 2,
    step: 0.1,
    value: 0.1,
    label: { en: 'λ (key beta)', zh: 'λ（键名 beta）' },
  },
  compare: false,
});

export const prefer: PreferSpec = {
  algorithm: 'orpo',
  beta: 1,
  learningRate: 1e-3,
  steps: 40,
  betas: [0.1, 0.5, 1],
};
