import type { HostArray, HostArrays } from '../../contract/index.ts';

const scaled = ({ shape, data }: HostArray, factor: number): HostArray => ({
  shape,
  data: Float64Array.from(data, (value) => factor * value),
});

export const scaleReference = {
  /** y = factor · x. */
  forward: ({ x }: HostArrays, { factor }: { factor: number }): HostArrays => ({
    y: scaled(x!, factor),
  }),

  /** dx = factor · dy. */
  backward: (_: HostArrays, { y: dy }: HostArrays, { factor }: { factor: number }): HostArrays => ({
    x: scaled(dy!, factor),
  }),
};
