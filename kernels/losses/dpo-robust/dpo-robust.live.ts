import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoRobust', { options: { labelSmoothing: 0.2 } });

export const figure = pairFigure({
  operation: 'dpoRobust',
  caption: {
    en: 'With a share of wrong labels the push of robust DPO does not fade to zero: it is divided by 1 − 2ε, and part of it stays however large the lead.',
    zh: '认为有一部分标签是错的时，稳健 DPO 的推力不会减到零：它除以 1 − 2ε，并且无论领先多大都留下一部分。',
  },
  sliders: [
    {
      name: 'labelSmoothing',
      label: { en: 'share of wrong labels ε', zh: '错误标签的比例 ε' },
      min: 0,
      max: 0.4,
      step: 0.05,
      value: 0.1,
    },
  ],
});
