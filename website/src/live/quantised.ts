import {
  dequantised,
  type HostArrays,
  matmul,
  packBlocks,
  type QuantisedDtype,
  type Shape,
  type Tensor,
} from '@attune/kernels';
import type { LiveOperation } from './kernel';

interface Format {
  readonly format: QuantisedDtype;
  /** [out, in] of the weight. */
  readonly shape: Shape;
}

const transposed = { transposeWeight: true };
const bytesOf = ({ file }: HostArrays) => Uint8Array.from(file!.data);

/** The uploaded words as a weight of their format. */
const weightOf = (words: Tensor, { format, shape }: Format): Tensor => ({
  ...words,
  ...{ shape, dtype: format, view: { of: words, offset: 0 } },
});

const exact = (inputs: HostArrays, { format, shape }: Format): HostArrays => ({
  x: inputs.x!,
  weight: { shape, data: dequantised(format, bytesOf(inputs)) },
});

/** x·Wᵀ, W given as the bytes of a GGUF file: packed for the device here, as loading a model does. */
export const quantised: LiveOperation = {
  name: 'quantised',
  upload({ x, ...rest }, options) {
    const words = packBlocks((options as Format).format, bytesOf(rest));
    return { x: x!, words: { shape: [words.length], data: words } };
  },
  forward(recorder, { x, words }, options) {
    return matmul.forward(
      recorder,
      { x: x!, weight: weightOf(words!, options as Format) },
      transposed,
    );
  },
  backward(recorder, { inputs: { x, words }, options, outputs, ...rest }) {
    return matmul.backward!(recorder, {
      ...rest,
      inputs: { x: x!, weight: weightOf(words!, options as Format) },
      outputs: { y: outputs.y! },
      options: transposed,
    });
  },
  reference: {
    forward: (inputs, options) =>
      matmul.reference.forward(exact(inputs, options as Format), transposed),
    backward: (inputs, gradients, options) =>
      matmul.reference.backward!(exact(inputs, options as Format), gradients, transposed),
  },
};
