import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('cpoIpo', { reference: false, averages: true });

export const figure = pairFigure({
  operation: 'cpoIpo',
  caption: {
    en: 'The averaged lead is pulled to 1/(2β) from both sides. With β = 0.1 that is 5 nats per token, out of reach; with β = 0.5 it is 1.',
    zh: '平均领先量从两侧被拉向 1/(2β)。β = 0.1 时是每词元 5 奈特，够不着；β = 0.5 时是 1。',
  },
  axis: 'logp of a token',
  beta: { min: 0.1, max: 1, step: 0.05, value: 0.5 },
  compare: false,
});
