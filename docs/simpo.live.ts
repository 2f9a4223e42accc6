import { pairFigure, pairRun } from '../kernels/losses/pair-loss/pair-loss.pages.live.ts';
import type { PreferSpec } from '../website/src/live/live.ts';

export const run = pairRun('simpo', {
  reference: false,
  averages: true,
  options: { beta: 2, simpoGamma: 0.5 },
});

export const figure = pairFigure({
  operation: 'simpo',
  caption: {
    en: 'The push on both answers against the chosen one’s mean log-probability per token. γ/β says by how many nats per token the chosen answer should lead; until then the push stays near β.',
    zh: '两个回答受到的推力，横轴是被选回答每词元的平均对数概率。γ/β 说明被选回答每词元应领先多少奈特；在那之前推力一直接近 β。',
  },
  axis: 'logp of a token',
  beta: { min: 0.5, max: 10, step: 0.5, value: 2 },
  sliders: [
    {
      name: 'simpoGamma',
      label: { en: 'wanted lead γ', zh: '要求的领先 γ' },
      min: 0,
      max: 3,
      step: 0.1,
      value: 0.5,
    },
    {
      name: 'alpha',
      label: { en: 'AlphaPO’s α', zh: 'AlphaPO 的 α' },
      min: 0,
      max: 1,
      step: 0.05,
      value: 0,
    },
  ],
  compare: false,
});

export const prefer: PreferSpec = {
  algorithm: 'simpo',
  beta: 2,
  learningRate: 1e-3,
  steps: 40,
  betas: [1, 2, 4],
};
