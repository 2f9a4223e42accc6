import type { FigureSpec } from '../../../website/src/live/live.ts';
import { pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoAot', { pairs: 257 });

/** How far each of six chosen answers leads: under the policy (the third by the slider), under the reference. */
const policy = (third: number) => [4, -6, third, 1, 10, -2];
const reference = [-3, 5, 0, 8, 2, -5];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export const aotFigure = (operation: 'dpoAot' | 'dpoAotUnpaired'): FigureSpec => ({
  caption: {
    en: 'The push on six chosen answers. DPO compares each pair’s lead with the same pair’s lead under the reference; AOT compares the smallest with the smallest, the next with the next. Move the third pair: its place in the order changes, and with it what others are compared with.',
    zh: '六个被选回答受到的推力。DPO 把每一对的领先量与同一对在参考模型下的领先量相比；AOT 则最小的与最小的比，次小的与次小的比。移动第三对：它在次序中的位置改变，别的对所比的对象也随之改变。',
  },
  sliders: [
    {
      name: 'third',
      label: { en: 'lead of the third pair', zh: '第三对的领先量' },
      min: -12,
      max: 12,
      step: 1,
      value: -9,
    },
    { name: 'beta', label: { en: 'β', zh: 'β' }, min: 0.05, max: 0.5, step: 0.05, value: 0.2 },
  ],
  problem: ({ third, beta }) => {
    const zeros = new Array<number>(6).fill(0);
    const halves = (list: readonly number[]) =>
      [...list, ...list.map((lead) => -lead)].map((x) => x / 2);
    return {
      operation,
      inputs: {
        logps: { shape: [12], values: halves(policy(third!)) },
        refLogps: { shape: [12], values: halves(reference) },
        lengths: { shape: [12], values: [...zeros, ...zeros].map(() => 1) },
        scale: { shape: [1], values: [1] },
      },
      options: { beta: beta! },
      gradients: ['logps'],
    };
  },
  draw: ({ d_logps }, { third, beta }) => ({
    kind: 'bars',
    labels: policy(third!).map((lead, p) => `${lead} | ${reference[p]}`),
    yLabel: { en: 'push', zh: '推力' },
    series: [
      {
        name: { en: 'AOT (the kernel)', zh: 'AOT（内核）' },
        y: d_logps!.slice(0, 6).map((d) => -d),
      },
      {
        name: { en: 'DPO, pair by pair', zh: 'DPO，逐对比较' },
        y: policy(third!).map((lead, p) => beta! * sigmoid(-beta! * (lead - reference[p]!))),
      },
    ],
  }),
});

export const figure = aotFigure('dpoAot');
