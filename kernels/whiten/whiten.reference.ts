import type { HostArrays } from '../contract/index.ts';

export interface WhitenOptions {
  /** False: only the spread changes, the mean stays what it is, as for rewards. Default true, as for advantages. */
  readonly shiftMean?: boolean;
  /** The variance is divided by one less than the count, as in TRL; false: by the count, as in OpenAI's code. Default true. */
  readonly unbiased?: boolean;
  /** Added to the variance. Default 1e-8. */
  readonly eps?: number;
}

export const whitenReference = {
  /** y = (x - mean) / √(variance + eps) where mask is not 0, plus the mean if that is not to be shifted away. */
  forward(
    { x, mask }: HostArrays,
    { shiftMean = true, unbiased = true, eps = 1e-8 }: WhitenOptions,
  ): HostArrays {
    const counted = [...mask!.data.keys()].filter((i) => mask!.data[i] !== 0);
    const total = (f: (value: number) => number) =>
      counted.reduce((sum, i) => sum + mask!.data[i]! * f(x!.data[i]!), 0);
    const count = total(() => 1);
    const mean = count > 0 ? total((value) => value) / count : 0;
    const divisor = unbiased && count > 1 ? count - 1 : count;
    const variance = count > 0 ? total((value) => (value - mean) ** 2) / divisor : 0;
    const rstd = 1 / Math.sqrt(variance + eps);
    const y = new Float64Array(x!.data.length);
    for (const i of counted) y[i] = (x!.data[i]! - mean) * rstd + (shiftMean ? 0 : mean);
    return {
      y: { shape: x!.shape, data: y },
      statistics: { shape: [4], data: Float64Array.of(mean, variance, count, rstd) },
    };
  },
};
