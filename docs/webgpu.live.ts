import type { FigureSpec, RunSpec } from '../website/src/live/live.ts';

const steps = 64;

export const run: RunSpec = {
  operation: 'add',
  inputs: { a: { shape: [1_000_003], random: 2 }, b: { shape: [1_000_003], random: 2 } },
  tolerance: 1e-7,
};

export const figure: FigureSpec = {
  caption: {
    en: 'A sum of equal numbers in float32, as the matmul kernel adds them, against the exact sum: relative error in units of 10⁻⁷. Exact halves and quarters add without error; tenths do not, and the error depends on how many are added in one chain.',
    zh: '用 float32 把相同的数相加（按矩阵乘法内核的次序），与精确的和相比：相对误差，单位 10⁻⁷。二分之一、四分之一这样的数相加没有误差；十分之几则有，误差取决于一条链上加多少个。',
  },
  sliders: [
    {
      name: 'value',
      label: { en: 'the number', zh: '相加的数' },
      min: 0.05,
      max: 1,
      step: 0.05,
      value: 0.1,
    },
    {
      name: 'longest',
      label: { en: 'longest sum', zh: '最长的和' },
      min: 64,
      max: 4096,
      step: 64,
      value: 2048,
    },
  ],
  problem: ({ value, longest }) => ({
    operation: 'matmul',
    inputs: {
      x: {
        shape: [steps, longest!],
        values: Array.from({ length: steps * longest! }, (_, i) =>
          i % longest! < ((Math.floor(i / longest!) + 1) * longest!) / steps ? value! : 0,
        ),
      },
      weight: { shape: [longest!, 1], values: new Array(longest!).fill(1) },
    },
  }),
  draw: ({ y }, { value, longest }) => {
    const exact = Math.fround(value!);
    const lengths = Array.from({ length: steps }, (_, i) => ((i + 1) * longest!) / steps);
    return {
      kind: 'lines',
      x: lengths,
      xLabel: { en: 'numbers added', zh: '相加的个数' },
      yLabel: { en: 'relative error · 10⁷', zh: '相对误差 · 10⁷' },
      yRange: [-30, 30],
      series: [
        {
          name: { en: 'error', zh: '误差' },
          y: y!.map((sum, i) => (sum / (exact * Math.ceil(lengths[i]! - 1e-9)) - 1) * 1e7),
        },
      ],
    };
  },
};
