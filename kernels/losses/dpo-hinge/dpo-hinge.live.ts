import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoHinge');

export const figure = pairFigure({
  operation: 'dpoHinge',
  caption: {
    en: 'The hinge pushes with full force until the lead is 1/β and then not at all; DPO (dashed) fades out.',
    zh: '铰链损失用全力推，直到领先达到 1/β，然后完全不推；DPO（虚线）是慢慢减弱的。',
  },
});
