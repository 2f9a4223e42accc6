import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const gates = Array.from({ length: 97 }, (_, i) => (i - 48) / 8);

/** 257 tokens of SmolLM2-135M's feed-forward layer. */
export const run: RunSpec = {
  operation: 'swiglu',
  inputs: { gate: { shape: [257, 1536], random: 16 }, up: { shape: [257, 1536], random: 3 } },
  gradients: ['gate', 'up'],
  tolerance: 2e-6,
};

export const figure: FigureSpec = {
  caption: {
    en: 'What passes the gate, and the gradient by the gate, for one value of `up`. Left of zero little passes and the slope changes its sign near −1.28; right of it the gate is nearly a plain product.',
    zh: '固定 `up`，通过闸门的量以及对闸门的梯度。零的左侧几乎什么也不通过，斜率在 −1.28 附近变号；右侧几乎就是一个普通的乘积。',
  },
  sliders: [{ name: 'up', label: { en: 'up', zh: 'up' }, min: -2, max: 2, step: 0.25, value: 1 }],
  problem: ({ up }) => ({
    operation: 'swiglu',
    inputs: {
      gate: { shape: [1, 97], values: gates },
      up: { shape: [1, 97], values: gates.map(() => up!) },
    },
    gradients: ['gate'],
  }),
  draw: ({ y, d_gate }, { up }) => ({
    kind: 'lines',
    x: gates,
    xLabel: { en: 'gate', zh: 'gate' },
    yLabel: { en: 'value', zh: '值' },
    yRange: [-4, 6],
    series: [
      { name: { en: 'y', zh: 'y' }, y: y! },
      { name: { en: 'gradient by gate', zh: '对 gate 的梯度' }, y: d_gate! },
      {
        name: { en: 'a hard gate: max(gate, 0) · up', zh: '硬闸门：max(gate, 0) · up' },
        y: gates.map((g) => Math.max(g, 0) * up!),
        dashed: true,
      },
    ],
  }),
};
