import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const answers = 1025;
const labels = (n: number) => Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0 : 1));

export const run: RunSpec = {
  operation: 'kto',
  inputs: {
    logps: { shape: [answers], random: 30 },
    refLogps: { shape: [answers], random: 30 },
    labels: { shape: [answers], values: labels(answers) },
    scale: { shape: [1], values: [1 / answers] },
    klLogps: { shape: [answers], values: labels(answers).map((label, i) => -40 + label + (i % 7)) },
    refKlLogps: { shape: [answers], values: labels(answers).map((_, i) => -41 + (i % 5)) },
  },
  options: { beta: 0.1, desirableWeight: 1, undesirableWeight: 1.5 },
  gradients: ['logps'],
  tolerance: 2e-6,
};

const ratios = Array.from({ length: 81 }, (_, i) => -40 + i);

/** Pushes on wanted and unwanted answers, around z where there is one. */
export const ktoFigure = (operation: 'kto' | 'apoZeroUnpaired'): FigureSpec => ({
  caption: {
    en: 'The push on a wanted and on an unwanted answer (minus the loss’s slope). Both are greatest at z, where the answer stands as an unrelated one does, and fade on either side: what is right already is left alone, and so is what looks hopeless.',
    zh: '想要的与不想要的回答各自受到的推力（损失斜率取负）。两者都在 z 处最大，即回答与不相干的回答相当之处，向两侧减弱：已经对的不再管，看来没有希望的也不管。',
  },
  sliders: [
    { name: 'beta', label: { en: 'β', zh: 'β' }, min: 0.02, max: 0.5, step: 0.02, value: 0.1 },
    ...(operation === 'kto'
      ? [
          {
            name: 'z',
            label: { en: 'mean log-ratio of mismatched answers', zh: '错配回答的平均对数比值' },
            min: -20,
            max: 20,
            step: 1,
            value: 5,
          },
        ]
      : []),
    {
      name: 'undesirableWeight',
      label: { en: 'weight of unwanted answers', zh: '不想要的回答的权重' },
      min: 0,
      max: 3,
      step: 0.25,
      value: 1,
    },
  ],
  problem: ({ beta, z, undesirableWeight }) => {
    const both = [...ratios, ...ratios];
    return {
      operation,
      inputs: {
        logps: { shape: [162], values: both },
        refLogps: { shape: [162], values: both.map(() => 0) },
        labels: { shape: [162], values: both.map((_, i) => (i < 81 ? 1 : 0)) },
        scale: { shape: [1], values: [1] },
        ...(operation === 'kto' && {
          klLogps: { shape: [162], values: both.map(() => z!) },
          refKlLogps: { shape: [162], values: both.map(() => 0) },
        }),
      },
      options: { beta: beta!, undesirableWeight: undesirableWeight! },
      gradients: ['logps'],
    };
  },
  draw: ({ d_logps }) => ({
    kind: 'lines',
    x: ratios,
    xLabel: { en: 'log-ratio of the answer, nats', zh: '回答的对数比值（奈特）' },
    yLabel: { en: 'push', zh: '推力' },
    series: [
      { name: { en: 'wanted', zh: '想要的' }, y: d_logps!.slice(0, 81).map((d) => -d) },
      { name: { en: 'unwanted', zh: '不想要的' }, y: d_logps!.slice(81).map((d) => -d) },
    ],
  }),
});

export const figure = ktoFigure('kto');
