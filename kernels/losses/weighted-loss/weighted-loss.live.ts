import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const losses = { sigmoid: 0.62, bco_pair: 1.31, sft: 1.87 };
const names = Object.keys(losses) as (keyof typeof losses)[];

const inputs = Object.fromEntries(
  names.map((name) => [name, { shape: [1], values: [losses[name]] }]),
);

export const run: RunSpec = {
  operation: 'weightedLoss',
  inputs,
  options: { weights: { sigmoid: 0.8, bco_pair: 0.2, sft: 1 } },
  gradients: names,
  tolerance: 2e-6,
};

const slider = (name: string, value: number) => ({
  name,
  label: { en: `weight of ${name}`, zh: `${name} 的权重` },
  min: 0,
  max: 2,
  step: 0.1,
  value,
});

export const figure: FigureSpec = {
  caption: {
    en: 'What each of three losses contributes to the sum: its weight (which is also its gradient) times its value. MPO mixes these three by 0.8, 0.2 and 1.',
    zh: '三个损失各自对总和的贡献：权重（也就是它的梯度）乘以数值。MPO 以 0.8、0.2 和 1 混合这三者。',
  },
  sliders: [slider('sigmoid', 0.8), slider('bco_pair', 0.2), slider('sft', 1)],
  problem: (weights) => ({
    operation: 'weightedLoss',
    inputs,
    options: { weights },
    gradients: names,
  }),
  draw: (outputs) => ({
    kind: 'bars',
    labels: [...names, 'Σ'],
    yLabel: { en: 'contribution', zh: '贡献' },
    yRange: [0, 8],
    series: [
      {
        name: { en: 'weight · loss', zh: '权重 · 损失' },
        y: [...names.map((name) => outputs[`d_${name}`]![0]! * losses[name]), outputs.loss![0]!],
      },
    ],
  }),
};
