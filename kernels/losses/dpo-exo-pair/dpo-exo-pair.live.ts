import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoExoPair', { options: { labelSmoothing: 0.001 } });

export const figure = pairFigure({
  operation: 'dpoExoPair',
  caption: {
    en: 'EXO pulls β δ to the log-odds of the labels, ln((1 − ε)/ε), and hardly pushes a pair that is far behind: the slope has the factor q(1 − q).',
    zh: 'EXO 把 β δ 拉向标签的对数几率 ln((1 − ε)/ε)；远远落后的一对几乎不受推力，因为斜率里有因子 q(1 − q)。',
  },
  sliders: [
    {
      name: 'labelSmoothing',
      label: { en: 'share of wrong labels ε', zh: '错误标签的比例 ε' },
      min: 0.01,
      max: 0.3,
      step: 0.01,
      value: 0.1,
    },
  ],
});
