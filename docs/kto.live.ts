import { ktoFigure } from '../kernels/losses/kto/kto.live.ts';
import type { PreferSpec } from '../website/src/live/live.ts';

export { run } from '../kernels/losses/kto/kto.live.ts';
export const figure = ktoFigure('kto');

export const prefer: PreferSpec = {
  algorithm: 'kto',
  beta: 0.3,
  learningRate: 1e-3,
  steps: 32,
  betas: [0.1, 0.3, 0.5],
};
