import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoIpo');

export const figure = pairFigure({
  operation: 'dpoIpo',
  caption: {
    en: 'IPO pulls the lead to 1/(2β) from both sides: past it, the push turns round, as DPO’s never does.',
    zh: 'IPO 从两侧把领先量拉向 1/(2β)：超过之后推力反向，DPO 则从不反向。',
  },
  axis: 'ratio of a token',
  beta: { min: 0.05, max: 0.5, step: 0.01, value: 0.1 },
  compare: false,
});
