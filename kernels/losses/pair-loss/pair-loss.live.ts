import { pairFigure, pairRun } from './pair-loss.pages.live.ts';

export const run = pairRun('dpoSigmoid', {
  options: { fDivergenceType: 'js_divergence', beta: 0.5 },
});

export const figure = pairFigure({
  operation: 'dpoSigmoid',
  caption: {
    en: 'DPO’s push under α-divergences. α = 1 is the reverse KL, DPO itself (dashed). Towards 0, the forward KL, an answer that the policy has made less likely than the reference is pushed back ever harder, and one that has become likelier ever less.',
    zh: 'α 散度下 DPO 的推力。α = 1 是反向 KL，即 DPO 本身（虚线）。α 趋向 0（前向 KL）时，策略使之比参考模型更不可能的回答被越来越重地推回，变得更可能的回答受到的推力越来越小。',
  },
  axis: 'ratio near 0',
  sliders: [
    {
      name: 'fAlphaDivergenceCoef',
      label: { en: 'α of the divergence', zh: '散度的 α' },
      min: 0,
      max: 1,
      step: 0.05,
      value: 0.5,
    },
  ],
  options: { fDivergenceType: 'alpha_divergence' },
});
