import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoNcaPair');

export const figure = pairFigure({
  operation: 'dpoNcaPair',
  caption: {
    en: 'NCA looks at each answer by itself. The chosen answer is pulled to a reward of ln 2, where its push changes sign; the rejected one is pushed down wherever it stands.',
    zh: 'NCA 分别看每个回答。被选回答被拉向 ln 2 的奖励，推力在那里变号；被拒回答无论在哪里都被往下推。',
  },
});
