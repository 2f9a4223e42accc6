import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('orpo', { reference: false, averages: true, options: { beta: 0.1 } });

export const figure = pairFigure({
  operation: 'orpo',
  caption: {
    en: 'The push on the chosen answer hardly fades as the answer becomes likely: near certainty a little more probability is a lot more odds. The rejected answer is pushed down harder the likelier it is itself.',
    zh: '被选回答变得可能时，推力也几乎不减：接近确定时，多一点概率就多出很多几率。被拒回答自己越可能，就被往下推得越重。',
  },
  axis: 'logp of a token',
  beta: { min: 0.1, max: 2, step: 0.1, value: 0.1 },
  compare: false,
});
