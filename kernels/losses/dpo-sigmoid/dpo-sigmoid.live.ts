import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoSigmoid');

export const figure = pairFigure({
  operation: 'dpoSigmoid',
  caption: {
    en: 'The push on both answers of a pair. Where the chosen one already leads by far the push fades; where it lags, it is β at most. A larger β is a harder push that ends sooner.',
    zh: '一对回答各自受到的推力。被选回答已经领先很多时推力消失；落后时推力最大为 β。β 越大，推得越重，也越早停下。',
  },
  compare: false,
});
