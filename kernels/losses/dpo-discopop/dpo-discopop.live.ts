import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('dpoDiscopop', { options: { discopopTau: 0.2 } });

export const figure = pairFigure({
  operation: 'dpoDiscopop',
  caption: {
    en: 'DiscoPOP blends a logistic (far behind) and an exponential (ahead). Around zero the blend is not monotonic: there the push turns round.',
    zh: 'DiscoPOP 把对数几率损失（远远落后时）与指数损失（领先时）混合。在零附近混合不是单调的：推力在那里会反向。',
  },
  beta: { min: 0.02, max: 0.5, step: 0.02, value: 0.1 },
  sliders: [
    {
      name: 'discopopTau',
      label: { en: 'temperature τ', zh: '温度 τ' },
      min: 0.05,
      max: 1,
      step: 0.05,
      value: 0.05,
    },
  ],
});
