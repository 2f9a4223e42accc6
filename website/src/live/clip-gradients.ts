import {
  clipGradientsReference,
  type HostArrays,
  type Operation,
  recordClip,
  type Tensors,
} from '@attune/kernels';

/** Clipping by the global norm as an operation of its own, so that a page can run it: all inputs but `maxNorm` are gradients. */
export const clipGradients: Operation<Tensors, Tensors, unknown> = {
  name: 'clipGradients',
  forward(recorder, { maxNorm, ...gradients }) {
    const all = Object.values(gradients).map((gradient) => gradient!);
    return { clip: recordClip(recorder, { gradients: all, maxNorm: maxNorm! }) };
  },
  reference: {
    forward({ maxNorm, ...gradients }: HostArrays): HostArrays {
      const all = Object.values(gradients).map(({ data }) => data);
      const clip = clipGradientsReference(all, maxNorm!.data[0]!);
      return { clip: { shape: [4], data: Float64Array.from(clip) } };
    },
  },
};
