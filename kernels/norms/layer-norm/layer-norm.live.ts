import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const row = [0.5, -1, 2, 1.5, -0.25, 1, -2, 0.75];
const eps = 1e-5;

/** The row divided by its root mean square: what RMSNorm does to it, for comparison. */
const rms = (x: readonly number[]) => {
  const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + eps);
  return x.map((v) => v * scale);
};

export const run: RunSpec = {
  operation: 'layerNorm',
  inputs: {
    x: { shape: [257, 577], random: 4 },
    weight: { shape: [577], random: 3 },
    bias: { shape: [577], random: 1 },
  },
  options: { eps },
  gradients: ['x', 'weight', 'bias'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'A row of eight numbers, shifted by c. LayerNorm takes the mean away, so its output stays where it is; RMSNorm of the same row does not.',
    zh: '一行八个数，整体加上 c。LayerNorm 减去均值，所以输出不动；同一行的 RMSNorm 则会变。',
  },
  sliders: [
    { name: 'shift', label: { en: 'shift c', zh: '偏移 c' }, min: -5, max: 5, step: 0.5, value: 2 },
  ],
  problem: ({ shift }) => ({
    operation: 'layerNorm',
    inputs: {
      x: { shape: [1, 8], values: row.map((x) => x + shift!) },
      weight: { shape: [8], values: row.map(() => 1) },
    },
    options: { eps },
  }),
  draw: ({ y }, { shift }) => ({
    kind: 'bars',
    labels: row.map((x) => String(Number((x + shift!).toFixed(2)))),
    yLabel: { en: 'normalised', zh: '归一化之后' },
    yRange: [-2.5, 2.5],
    series: [
      { name: { en: 'LayerNorm (the kernel)', zh: 'LayerNorm（内核）' }, y: y! },
      {
        name: { en: 'RMSNorm (arithmetic)', zh: 'RMSNorm（算术）' },
        y: rms(row.map((x) => x + shift!)),
      },
    ],
  }),
};
