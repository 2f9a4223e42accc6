import { pairFigure, pairRun } from '../kernels/losses/pair-loss/pair-loss.pages.live.ts';
import type { PreferSpec } from '../website/src/live/live.ts';

export const run = pairRun('dpoIpo', { pairs: 1025 });

export const figure = pairFigure({
  operation: 'dpoIpo',
  caption: {
    en: 'The push on both answers against the chosen one’s log-ratio per token. It is a spring: zero where the lead is 1/(2β), and beyond it the chosen answer is pushed down again. A larger β asks for a smaller lead.',
    zh: '两个回答受到的推力，横轴是被选回答每词元的对数比值。它是一根弹簧：领先 1/(2β) 处推力为零，再往外被选回答又被往下推。β 越大，要求的领先越小。',
  },
  axis: 'ratio of a token',
  beta: { min: 0.05, max: 1, step: 0.05, value: 0.1 },
  compare: false,
});

export const prefer: PreferSpec = {
  algorithm: 'ipo',
  beta: 2,
  learningRate: 1e-3,
  steps: 40,
  betas: [0.5, 1, 2],
};
