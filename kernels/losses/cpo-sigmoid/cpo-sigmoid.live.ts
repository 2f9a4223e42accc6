import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('cpoSigmoid', { reference: false, options: { labelSmoothing: 0.1 } });

export const figure = pairFigure({
  operation: 'cpoSigmoid',
  caption: {
    en: 'CPO pushes as DPO does, but the lead is that of the log-probabilities themselves, not over a reference: a long chosen answer starts far behind.',
    zh: 'CPO 的推法与 DPO 相同，但领先量是对数概率本身的，没有与参考模型相比：被选回答若较长，一开始就落后很多。',
  },
  axis: 'logp',
  sliders: [
    {
      name: 'labelSmoothing',
      label: { en: 'share of wrong labels ε', zh: '错误标签的比例 ε' },
      min: 0,
      max: 0.4,
      step: 0.05,
      value: 0,
    },
  ],
  compare: false,
});
