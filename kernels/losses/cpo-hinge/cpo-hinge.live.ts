import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('cpoHinge', { reference: false });

export const figure = pairFigure({
  operation: 'cpoHinge',
  caption: {
    en: 'Full force until the chosen answer leads by 1/β nats, then none. Dashed: CPO’s sigmoid.',
    zh: '全力推，直到被选回答领先 1/β 奈特，之后为零。虚线：CPO 的 sigmoid。',
  },
  axis: 'logp',
});
