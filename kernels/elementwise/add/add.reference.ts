import type { HostArrays } from '../../contract/index.ts';

export const addReference = {
  /** y = a + b. */
  forward(inputs: HostArrays): HostArrays {
    const { a, b } = inputs;
    return { y: { shape: a!.shape, data: Float64Array.from(a!.data, (v, i) => v + b!.data[i]!) } };
  },

  /** da = db = dy. */
  backward(_: HostArrays, gradients: HostArrays): HostArrays {
    const dy = gradients.y!;
    return { a: dy, b: dy };
  },
};
