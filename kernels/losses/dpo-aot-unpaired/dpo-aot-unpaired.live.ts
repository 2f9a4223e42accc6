import { aotFigure } from '../dpo-aot/dpo-aot.live.ts';
import { pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoAotUnpaired', { pairs: 257 });

const paired = aotFigure('dpoAotUnpaired');

export const figure = {
  ...paired,
  caption: {
    en: 'The push on six chosen answers. The log-ratios of all chosen answers are sorted, and so are those of all rejected ones; the smallest is compared with the smallest. Under each bar: the pair’s lead under the policy and under the reference.',
    zh: '六个被选回答受到的推力。所有被选回答的对数比值排序，所有被拒回答的也排序，然后最小的与最小的相比。每根柱子下面是这一对在策略下和参考模型下的领先量。',
  },
};
