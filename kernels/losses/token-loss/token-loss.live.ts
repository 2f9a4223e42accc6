import type { FigureSpec, RunSpec } from '../../../website/src/live/live.ts';

const count = 300_001;

export const run: RunSpec = {
  operation: 'nll',
  inputs: {
    logps: { shape: [count], random: 8 },
    weights: { shape: [count], values: new Array<number>(count).fill(1) },
    scale: { shape: [1], values: [1 / count] },
  },
  gradients: ['logps'],
  tolerance: 2e-6,
};

/** How many numbers there are before the first dispatch and after each. */
function rounds(tokens: number): number[] {
  const rows = [tokens, 64 * Math.ceil(tokens / 1024)];
  while (rows.at(-1)! > 256) rows.push(Math.ceil(rows.at(-1)! / 256));
  return [...rows, 1];
}

export const figure: FigureSpec = {
  caption: {
    en: 'How many numbers are left after each dispatch, as powers of two: tokens, then sums of 16, then of 256. No number is a sum of more than 256 others, so that a rounding error never meets a sum much greater than itself.',
    zh: '每次调度之后还剩多少个数，以 2 的幂表示：先是词元，然后是 16 个一组的和，再是 256 个一组的和。没有哪个数是超过 256 个数之和，所以舍入误差不会遇到比它大得多的和。',
  },
  sliders: [
    {
      name: 'exponent',
      label: { en: 'tokens: 2 to the power of', zh: '词元数：2 的幂次' },
      min: 0,
      max: 24,
      step: 1,
      value: 17,
    },
  ],
  draw: (_, { exponent }) => {
    const left = rounds(2 ** exponent!);
    return {
      kind: 'bars',
      labels: left.map((_, i) => String(i)),
      yLabel: { en: 'log₂ of the numbers left', zh: '剩余个数的 log₂' },
      yRange: [0, 24],
      series: [{ name: { en: 'after dispatch', zh: '调度之后' }, y: left.map(Math.log2) }],
    };
  },
};
