import { pairFigure, pairRun } from '../pair-loss/pair-loss.pages.live.ts';

export const run = pairRun('simpo', {
  reference: false,
  averages: true,
  options: { beta: 2, simpoGamma: 0.5, alpha: 0.1 },
});

export const figure = pairFigure({
  operation: 'simpo',
  caption: {
    en: 'SimPO asks the chosen answer to lead by γ in reward, that is by γ/β nats per token. With an α above 0 (AlphaPO) the push grows where the answer is unlikely.',
    zh: 'SimPO 要求被选回答在奖励上领先 γ，即每词元 γ/β 奈特。α 大于 0（AlphaPO）时，回答越不可能，推力越大。',
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
