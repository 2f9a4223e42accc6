import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoApoZero');

export const figure = pairFigure({
  operation: 'dpoApoZero',
  caption: {
    en: 'APO-zero: the chosen answer up, the rejected one down, each most strongly near the reference and hardly far from it.',
    zh: 'APO-zero：被选回答往上，被拒回答往下；离参考模型越近推力越大，离得远就几乎没有。',
  },
});
