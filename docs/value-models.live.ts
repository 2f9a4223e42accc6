import type { FigureSpec } from '../website/src/live/live.ts';

export { run } from '../kernels/losses/value-clip/value-clip.live.ts';

const tokens = ['Ruby', 'is', 'in', 'the', 'castle', '.', 'end'];
/** What a value model might say after each of these tokens: it grows sure at the word that decides. */
const values = [0.1, 0.1, 0.15, 0.2, 0.8, 0.85, 0.9];

export const figure: FigureSpec = {
  caption: {
    en: 'An answer, what a value model expects after each token, and how it is pulled (minus the loss’s slope) once the reward is known. With γ = 1 and the reward at the end, every token has the same return: the reward.',
    zh: '一个回答，价值模型在每个词元之后的期望，以及知道奖励之后它受到的拉力（损失斜率取负）。γ = 1 且奖励在末尾时，每个词元的回报都相同：就是奖励。',
  },
  sliders: [
    {
      name: 'reward',
      label: { en: 'reward of the answer', zh: '回答的奖励' },
      min: -1,
      max: 2,
      step: 0.1,
      value: 1,
    },
    {
      name: 'moved',
      label: { en: 'moved since sampling', zh: '采样之后移动了' },
      min: -0.6,
      max: 0.6,
      step: 0.1,
      value: 0,
    },
    {
      name: 'range',
      label: { en: 'clip range', zh: '截断范围' },
      min: 0.1,
      max: 1,
      step: 0.1,
      value: 0.2,
    },
  ],
  problem: ({ reward, moved, range }) => ({
    operation: 'valueClip',
    inputs: {
      values: { shape: [7], values },
      returns: { shape: [7], values: values.map(() => reward!) },
      oldValues: { shape: [7], values: values.map((value) => value - moved!) },
      mask: { shape: [7], values: values.map(() => 1) },
      scale: { shape: [1], values: [1] },
    },
    options: { clipRange: range! },
    gradients: ['values'],
  }),
  draw: ({ d_values }) => ({
    kind: 'bars',
    labels: tokens,
    yLabel: { en: 'value and pull', zh: '价值与拉力' },
    yRange: [-2, 2],
    series: [
      { name: { en: 'value', zh: '价值' }, y: values },
      { name: { en: 'pull (the kernel)', zh: '拉力（内核）' }, y: d_values!.map((d) => 0 - d) },
    ],
  }),
};
