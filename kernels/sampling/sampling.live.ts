import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const logits = [3, 2.6, 2, 1.5, 1.2, 0.8, 0.3, 0, -0.5, -1];
const words = ['castle', 'garden', 'tower', 'attic', 'cave', 'moon', 'sea', 'bag', 'if', '%'];
const draws = 500;
/** Seed 7, step 0, as `sampleState` makes it. */
const state = { shape: [4], values: [7, 0, 0, 0], dtype: 'u32' as const };

/** Rows over the vocabulary of SmolLM2, all filters at once. */
export const run: RunSpec = {
  operation: 'sample',
  inputs: { logits: { shape: [4, 49_152], random: 16 }, state },
  options: { temperature: 0.8, topK: 500, topP: 0.9, minP: 0.01 },
  tolerance: 1e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'Five hundred draws of one word, against softmax without temperature and filters. Temperature 0 takes the largest; the filters cut the tail, and what is left shares the whole.',
    zh: '对同一个位置抽五百次，与不用温度、不加过滤的 softmax 对比。温度为 0 时只取最大者；过滤器截去尾部，剩下的分享全部概率。',
  },
  sliders: [
    {
      name: 'temperature',
      label: { en: 'temperature', zh: '温度' },
      min: 0,
      max: 3,
      step: 0.1,
      value: 1,
    },
    {
      name: 'topK',
      label: { en: 'top-k (0: all)', zh: 'top-k（0：全部）' },
      min: 0,
      max: 10,
      step: 1,
      value: 0,
    },
    { name: 'topP', label: { en: 'top-p', zh: 'top-p' }, min: 0.1, max: 1, step: 0.05, value: 1 },
    { name: 'minP', label: { en: 'min-p', zh: 'min-p' }, min: 0, max: 1, step: 0.05, value: 0 },
  ],
  problem: ({ temperature, topK, topP, minP }) => ({
    operation: 'sample',
    inputs: {
      logits: {
        shape: [draws, words.length],
        values: Array.from({ length: draws }, () => logits).flat(),
      },
      state,
    },
    options: { temperature, topK, topP, minP },
  }),
  draw: ({ ids }) => {
    const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
    return {
      kind: 'bars',
      labels: words,
      yLabel: { en: 'share', zh: '所占比例' },
      yRange: [0, 1],
      series: [
        {
          name: { en: 'drawn by the kernel', zh: '内核抽出的' },
          y: words.map((_, id) => ids!.filter((drawn) => drawn === id).length / ids!.length),
        },
        { name: { en: 'softmax', zh: 'softmax' }, y: logits.map((x) => Math.exp(x) / total) },
      ],
    };
  },
};
