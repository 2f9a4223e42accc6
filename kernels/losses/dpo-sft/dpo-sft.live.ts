import type { FigureSpec } from '../../../website/src/live/live.ts';
import { pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoSft', { pairs: 257 });

const lengths = (last: number) => [4, 8, 16, last];

export const figure: FigureSpec = {
  caption: {
    en: 'The push on each token of four chosen answers of 4, 8, 16 and some tokens. The mean is over the tokens of all chosen answers together, so that every token weighs the same, and a longer answer makes all of them weigh less. Rejected answers are not pushed.',
    zh: '四个被选回答（4、8、16 个词元以及可调的长度）的每个词元受到的推力。平均是对所有被选回答的词元一起求的，所以每个词元分量相同；有一个回答变长，所有词元的分量都变小。被拒回答不受推力。',
  },
  sliders: [
    {
      name: 'last',
      label: { en: 'tokens of the fourth answer', zh: '第四个回答的词元数' },
      min: 4,
      max: 100,
      step: 4,
      value: 32,
    },
  ],
  problem: ({ last }) => ({
    operation: 'dpoSft',
    inputs: {
      logps: { shape: [8], values: [-6, -12, -24, -48, -6, -12, -24, -48] },
      lengths: { shape: [8], values: [...lengths(last!), ...lengths(last!)] },
      scale: { shape: [1], values: [1 / 4] },
    },
    gradients: ['logps'],
  }),
  draw: ({ d_logps }, { last }) => ({
    kind: 'bars',
    labels: lengths(last!).map(String),
    yLabel: { en: 'push on a token', zh: '每词元的推力' },
    yRange: [0, 0.05],
    series: [
      { name: { en: 'chosen', zh: '被选' }, y: d_logps!.slice(0, 4).map((d) => -d) },
      { name: { en: 'rejected', zh: '被拒' }, y: d_logps!.slice(4).map((d) => 0 - d) },
    ],
  }),
};
