import type { RunSpec } from '../../../website/src/live/live.ts';
import { ktoFigure, run as ktoRun } from '../kto/kto.live.ts';

const { logps, refLogps, labels, scale } = ktoRun.inputs as Required<typeof ktoRun.inputs>;

export const run: RunSpec = {
  ...ktoRun,
  operation: 'apoZeroUnpaired',
  inputs: { logps: logps!, refLogps: refLogps!, labels: labels!, scale: scale! },
};

export const figure = {
  ...ktoFigure('apoZeroUnpaired'),
  caption: {
    en: 'The push on a wanted and on an unwanted answer (minus the loss’s slope): KTO around 0. Each is strongest where policy and reference agree.',
    zh: '想要的与不想要的回答各自受到的推力（损失斜率取负）：以 0 为中心的 KTO。策略与参考模型一致之处推力最大。',
  },
};
