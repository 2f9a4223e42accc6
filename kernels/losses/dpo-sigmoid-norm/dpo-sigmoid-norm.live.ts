import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoSigmoidNorm');

export const figure = pairFigure({
  operation: 'dpoSigmoidNorm',
  caption: {
    en: 'DPO of averages: a nat per token counts the same in a short answer as in a long one. With one token, as here, it is DPO itself; β must be larger than DPO’s for answers of many tokens.',
    zh: '按平均值计算的 DPO：每词元一奈特，在长短回答里分量相同。这里只有一个词元，就是 DPO 本身；回答有许多词元时，β 要比 DPO 的大。',
  },
  axis: 'ratio of a token',
  beta: { min: 0.1, max: 4, step: 0.1, value: 1 },
  compare: false,
});
