import type { FigureSpec, Problem, RunSpec } from '../../website/src/live/live.ts';

/** Tables of some positions' angles, made in float64 as `ropeTable` of @attune/model makes them. */
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

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The nine query heads of SmolLM2-135M. */
export const run: RunSpec = {
  operation: 'rope',
  inputs: { x: { shape: [257, 9 * 64], random: 4 }, ...tables(upTo(257), 64, 100_000) },
  options: { headDim: 64 },
  gradients: ['x'],
  tolerance: 2e-6,
};

const [headDim, length] = [16, 65];
const distances = upTo(length);

export const figure: FigureSpec = {
  caption: {
    en: 'The product of one vector, turned for position p, with itself, turned for position p + distance. Wherever p lies the curve is the same: attention sees distances only. A larger base turns slower and sees further.',
    zh: '同一个向量，一份按位置 p 旋转，一份按位置 p + 距离旋转，两者的点积。p 在哪里，曲线都一样：注意力只看得到距离。底数越大，转得越慢，看得越远。',
  },
  sliders: [
    {
      name: 'first',
      label: { en: 'position p', zh: '位置 p' },
      min: 0,
      max: 4000,
      step: 100,
      value: 0,
    },
    {
      name: 'power',
      label: { en: 'base, as a power of ten', zh: '底数（十的几次方）' },
      min: 1,
      max: 6,
      step: 0.5,
      value: 4,
    },
  ],
  problem: ({ first, power }) => ({
    operation: 'rope',
    inputs: {
      x: {
        shape: [length, headDim],
        values: new Array(length * headDim).fill(1 / Math.sqrt(headDim)),
      },
      ...tables(
        distances.map((d) => first! + d),
        headDim,
        10 ** power!,
      ),
    },
    options: { headDim },
  }),
  draw: ({ y }) => ({
    kind: 'lines',
    x: distances,
    xLabel: { en: 'distance', zh: '距离' },
    yLabel: { en: 'product', zh: '点积' },
    yRange: [-0.5, 1],
    series: [
      {
        name: { en: 'q·k', zh: 'q·k' },
        y: distances.map((d) => {
          let sum = 0;
          for (let i = 0; i < headDim; i++) sum += y![i]! * y![d * headDim + i]!;
          return sum;
        }),
      },
    ],
  }),
};
