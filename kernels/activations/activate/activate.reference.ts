import type { HostArrays } from '../../contract/index.ts';

export type ActivateOptions = { kind: 'relu' | 'tanh' | 'silu' };

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const functions = {
  relu: (x: number) => Math.max(0, x),
  tanh: Math.tanh,
  silu: (x: number) => x * sigmoid(x),
};

const slopes = {
  relu: (x: number) => (x > 0 ? 1 : 0),
  tanh: (x: number) => 1 - Math.tanh(x) ** 2,
  silu: (x: number) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
};

export const activateReference = {
  /** y = f(x), number by number. */
  forward({ x }: HostArrays, { kind }: ActivateOptions): HostArrays {
    return { y: { shape: x!.shape, data: Float64Array.from(x!.data, functions[kind]) } };
  },

  /** dx = dy · f′(x); relu's is 0 at 0. */
  backward({ x }: HostArrays, { y: dy }: HostArrays, { kind }: ActivateOptions): HostArrays {
    const data = Float64Array.from(x!.data, (v, i) => dy!.data[i]! * slopes[kind](v));
    return { x: { shape: x!.shape, data } };
  },
};
