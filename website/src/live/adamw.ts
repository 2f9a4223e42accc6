import {
  type AdamWStep,
  adamwReference,
  type HostArrays,
  type Operation,
  recordAdamW,
  type Tensors,
} from '@attune/kernels';

/**
 * AdamW as an operation of its own, so that a page can run it: in a step it changes flat buffers in
 * place, here the changed buffers are its outputs. The coefficient of clipping is 1.
 */
export const adamw: Operation<Tensors, Tensors, unknown> = {
  name: 'adamw',
  forward(recorder, { parameters, gradients, m, v, schedule, clip }) {
    const count = parameters!.shape[0]!;
    recordAdamW(
      recorder,
      {
        parameters: parameters!,
        gradients: gradients!,
        m: m!,
        v: v!,
        schedule: schedule!,
        clip: clip!,
      },
      { decayCount: count },
    );
    return { parameters, m, v };
  },
  reference: {
    forward({ parameters, gradients, m, v }: HostArrays, options: unknown): HostArrays {
      const { shape } = parameters!;
      const [p, m1, v1] = [parameters!, m!, v!].map(({ data }) => Float64Array.from(data));
      adamwReference({ p: p!, m: m1!, v: v1!, g: gradients!.data }, options as AdamWStep);
      return {
        parameters: { shape, data: p! },
        m: { shape, data: m1! },
        v: { shape, data: v1! },
      };
    },
  },
};
