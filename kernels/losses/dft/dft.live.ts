import { pullFigure, tokenRun } from '../nll/nll.live.ts';

export const run = tokenRun('dft');

export const figure = pullFigure('dft', {
  en: 'The pull on a token under DFT. A token that the model finds impossible is hardly pulled at all; the pull on the logit is greatest at one half.',
  zh: 'DFT 下一个词元受到的拉力。模型认为不可能的词元几乎不受拉力；对 logit 的拉力在概率为二分之一处最大。',
});
