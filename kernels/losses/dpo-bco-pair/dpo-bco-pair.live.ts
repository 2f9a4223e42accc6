import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoBcoPair');

export const figure = pairFigure({
  operation: 'dpoBcoPair',
  caption: {
    en: 'BCO classifies each answer by itself: the push on the rejected answer does not depend on the chosen one.',
    zh: 'BCO 对每个回答单独分类：对被拒回答的推力与被选回答无关。',
  },
});
