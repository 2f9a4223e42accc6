import { judgedFigure } from '../kernels/losses/kto/kto.live.ts';

export { run } from '../kernels/losses/kto/kto.live.ts';
export const figure = judgedFigure('kto');
