import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoSppoHard');

export const figure = pairFigure({
  operation: 'dpoSppoHard',
  caption: {
    en: 'SPPO pulls the chosen log-ratio to 1/(2β) and the rejected one to −1/(2β), as springs do.',
    zh: 'SPPO 像弹簧一样，把被选回答的对数比值拉向 1/(2β)，把被拒回答拉向 −1/(2β)。',
  },
  compare: false,
});
