import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

/** 20 virtual tokens through one direction of P-Tuning's LSTM, 128 units. */
export const run: RunSpec = {
  operation: 'lstm',
  inputs: {
    gates: { shape: [20, 4 * 128], random: 4 },
    weight: { shape: [4 * 128, 128], random: 0.35 },
    bias: { shape: [4 * 128], random: 1 },
  },
  options: {},
  gradients: ['gates', 'weight', 'bias'],
  tolerance: 4e-6,
};

const rows = Array.from({ length: 25 }, (_, t) => t);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export const figure: FigureSpec = {
  caption: {
    en: 'One unit gets a signal in row 0 and nothing after. What it gives out in later rows fades by σ(f) a row: at f = 0 half is gone at once, at f = 5 most is left after 25 rows. The output gate shows or hides it without changing what is kept.',
    zh: '一个单元在第 0 行得到一个信号，之后什么也没有。它在后面各行给出的值每行衰减 σ(f)：f = 0 时一步就去掉一半，f = 5 时 25 行之后还剩大部分。输出门决定显示还是隐藏，不改变所存的内容。',
  },
  sliders: [
    {
      name: 'forget',
      label: { en: 'forget gate f', zh: '遗忘门 f' },
      min: -2,
      max: 6,
      step: 0.5,
      value: 2,
    },
    {
      name: 'output',
      label: { en: 'output gate o', zh: '输出门 o' },
      min: -4,
      max: 6,
      step: 0.5,
      value: 6,
    },
  ],
  problem: ({ forget, output }) => ({
    operation: 'lstm',
    inputs: {
      gates: {
        shape: [rows.length, 4],
        values: rows.flatMap((t) => (t === 0 ? [6, 0, 3, output!] : [-6, forget!, 0, output!])),
      },
      weight: { shape: [4, 1], values: [0, 0, 0, 0] },
      bias: { shape: [4], values: [0, 0, 0, 0] },
    },
    options: {},
  }),
  draw: ({ y }, { forget }) => ({
    kind: 'lines',
    x: rows,
    xLabel: { en: 'row', zh: '行' },
    yLabel: { en: 'y', zh: 'y' },
    yRange: [0, 1],
    series: [
      { name: { en: 'y (the kernel)', zh: 'y（内核）' }, y: y! },
      {
        name: { en: 'cell, σ(f) a row', zh: '单元状态，每行乘 σ(f)' },
        y: rows.map((t) => sigmoid(forget!) ** t * sigmoid(6) * Math.tanh(3)),
        dashed: true,
      },
    ],
  }),
};
