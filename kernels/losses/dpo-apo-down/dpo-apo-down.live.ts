import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoApoDown');

export const figure = pairFigure({
  operation: 'dpoApoDown',
  caption: {
    en: 'APO-down: the chosen answer is pulled half as far down as the rejected one stands, and the rejected one is pushed further down: the distance grows while both fall.',
    zh: 'APO-down：被选回答被拉到被拒回答所在深度的一半，被拒回答则继续被往下推：两者都下降，距离却在增大。',
  },
  rejected: -10,
});
