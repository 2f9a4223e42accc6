import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

const scores = [2, 1, 0.5, 0, -0.5, -1, -2, 3];

/** What the page runs: rows that no workgroup divides evenly, numbers large enough to overflow a naive e^x. */
export const run: RunSpec = {
  operation: 'softmax',
  inputs: { x: { shape: [257, 1025], random: 200 } },
  gradients: ['x'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'Eight scores, divided by the temperature T and shifted by c. A low temperature gives all to the largest; a shift changes nothing.',
    zh: '八个得分，先除以温度 T，再加上偏移 c。温度越低，概率越集中在最大者；偏移则毫无影响。',
  },
  sliders: [
    {
      name: 'temperature',
      label: { en: 'temperature T', zh: '温度 T' },
      min: 0.1,
      max: 4,
      step: 0.1,
      value: 1,
    },
    {
      name: 'shift',
      label: { en: 'shift c', zh: '偏移 c' },
      min: -100,
      max: 100,
      step: 5,
      value: 0,
    },
  ],
  problem: ({ temperature, shift }) => ({
    operation: 'softmax',
    inputs: { x: { shape: [1, 8], values: scores.map((x) => x / temperature! + shift!) } },
  }),
  draw: ({ y }) => ({
    kind: 'bars',
    labels: scores.map(String),
    yLabel: { en: 'probability', zh: '概率' },
    yRange: [0, 1],
    series: [{ name: { en: 'y', zh: 'y' }, y: y! }],
  }),
};
