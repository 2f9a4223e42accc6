import type { FigureSpec, RunSpec, TrainSpec } from '../website/src/live/live.ts';

const prompt = 'Ruby is in the castle . Question : Where is Ruby ? Answer :'.split(' ');
const answer = ['in', 'the', 'castle', '.'];
const tokens = [...prompt, ...answer];
/** Log-probabilities such as the embedded model has before fine-tuning. */
const logps = tokens.map((_, i) => -[2.1, 0.4, 1.2, 0.3, 1.9, 0.2][i % 6]! - (i >= 14 ? 3 : 0));

export const figure: FigureSpec = {
  caption: {
    en: 'The pull on each token of one row (minus the loss’s slope by its log-probability). With the mask only the answer is trained; without it the fourteen tokens of the question share the same total and the answer gets less than a quarter.',
    zh: '一行里每个词元受到的拉力（损失对其对数概率的斜率取负）。有掩码时只训练回答；没有掩码时，问题的十四个词元分享同样的总量，回答分到的不足四分之一。',
  },
  sliders: [
    {
      name: 'prompt',
      label: { en: 'weight of the prompt’s tokens', zh: '提示部分的权重' },
      min: 0,
      max: 1,
      step: 0.1,
      value: 0,
    },
  ],
  problem: ({ prompt: weight }) => {
    const weights = tokens.map((_, i) => (i < prompt.length ? weight! : 1));
    return {
      operation: 'nll',
      inputs: {
        logps: { shape: [tokens.length], values: logps },
        weights: { shape: [tokens.length], values: weights },
        scale: { shape: [1], values: [1 / weights.reduce((a, b) => a + b)] },
      },
      gradients: ['logps'],
    };
  },
  draw: ({ d_logps }) => ({
    kind: 'bars',
    labels: tokens.map((token) => token.slice(0, 5)),
    yLabel: { en: 'pull', zh: '拉力' },
    yRange: [0, 0.3],
    series: [{ name: { en: 'pull', zh: '拉力' }, y: d_logps!.map((d) => -d) }],
  }),
};

export const run: RunSpec = {
  operation: 'nll',
  inputs: {
    logps: { shape: [4097], random: 8 },
    weights: {
      shape: [4097],
      values: Array.from({ length: 4097 }, (_, i) => (i % 60 > 50 ? 1 : 0)),
    },
    scale: { shape: [1], values: [1 / 612] },
  },
  gradients: ['logps'],
  tolerance: 2e-6,
};

export const train: TrainSpec = {
  method: 'lora',
  rank: 16,
  learningRate: 2e-3,
  steps: 100,
  start: 'pretrained',
  answersOnly: true,
  choices: ['answersOnly', 'learningRate'],
};
