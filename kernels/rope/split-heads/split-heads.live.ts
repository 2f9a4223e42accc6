import type { FigureSpec, Problem, RunSpec } from '../../../website/src/live/live.ts';

/** cos, sin and positions of these positions, made in float64. */
function tables(positions: readonly number[], headDim: number, theta: number): Problem['inputs'] {
  const half = headDim / 2;
  const of = (f: (x: number) => number) => ({
    shape: [positions.length, half],
    values: positions.flatMap((p) =>
      Array.from({ length: half }, (_, i) => f(p * theta ** (-i / half))),
    ),
  });
  return {
    cos: of(Math.cos),
    sin: of(Math.sin),
    positions: { shape: [positions.length], values: positions.map((_, i) => i), dtype: 'i32' },
  };
}

/** The heads of SmolLM2-135M, 257 tokens. */
export const run: RunSpec = {
  operation: 'splitHeads',
  inputs: {
    qkv: { shape: [257, 15 * 64], random: 4 },
    ...tables(
      Array.from({ length: 257 }, (_, p) => p),
      64,
      100_000,
    ),
  },
  options: { heads: 9, kvHeads: 3, headDim: 64 },
  gradients: ['qkv'],
  tolerance: 2e-6,
};

const columns = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q6', 'q7', 'k0', 'k1', 'k2', 'k3'].concat([
  'v0',
  'v1',
  'v2',
  'v3',
]);
const given = [2, 1, 0, 0, 0, 0, 2, 1, 2, 0, 1, 0, 1, 2, 1, 2];

export const figure: FigureSpec = {
  caption: {
    en: 'One row of the product: two heads of queries, one of keys, one of values, four numbers each. At position 0 nothing is turned. Further on, number i of a head is turned with number i + 2, in queries and keys; values are copied.',
    zh: '乘积的一行：两个查询头、一个键头、一个值头，各四个数。位置 0 时什么也不旋转。之后，查询和键的每个头里第 i 个数与第 i + 2 个数一起旋转；值照抄。',
  },
  sliders: [
    {
      name: 'position',
      label: { en: 'position', zh: '位置' },
      min: 0,
      max: 16,
      step: 1,
      value: 1,
    },
  ],
  problem: ({ position }) => ({
    operation: 'splitHeads',
    inputs: { qkv: { shape: [1, 16], values: given }, ...tables([position!], 4, 100) },
    options: { heads: 2, kvHeads: 1, headDim: 4 },
  }),
  draw: ({ q, k, v }) => ({
    kind: 'bars',
    labels: columns,
    yLabel: { en: 'number', zh: '数' },
    yRange: [-3, 3],
    series: [
      { name: { en: 'given', zh: '输入' }, y: given },
      { name: { en: 'taken apart', zh: '拆开之后' }, y: [...q!, ...k!, ...v!] },
    ],
  }),
};
