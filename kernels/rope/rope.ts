import { AttuneError } from '@attune/gpu';
import {
  elements,
  elementsInclude,
  expectShape,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../contract/index.ts';
import text from './rope.forward.wgsl';
import { type RopeOptions, ropeReference } from './rope.reference.ts';

export { type RopeOptions, ropeReference } from './rope.reference.ts';

const source = shader('rope.forward', text, elementsInclude);

type Inputs = { x: Tensor; cos: Tensor; sin: Tensor; positions: Tensor };

function rotate(
  recorder: Recorder,
  x: Tensor,
  { cos, sin, positions }: Inputs,
  { headDim }: RopeOptions,
  direction: 1 | -1,
): Tensor {
  expectShape(x.name, x.shape, [-1, -1]);
  const [tokens, width] = x.shape as [number, number];
  if (headDim % 2 !== 0 || width % headDim !== 0) {
    throw new AttuneError(
      'wrong-shape',
      `RoPE turns pairs of a head's dimension: ${headDim} does not fit a width of ${width}.`,
      'Give an even headDim that divides the last dimension of x.',
    );
  }
  const half = headDim / 2;
  expectShape(cos.name, cos.shape, [-1, half]);
  expectShape(sin.name, sin.shape, cos.shape);
  expectShape(positions.name, positions.shape, [tokens]);
  const y = recorder.tensor(direction === 1 ? 'y' : 'dx', x.shape);
  const size = half % 4 === 0 ? 4 : 1;
  const count = elements(x.shape) / 2 / size;
  recorder.dispatch(source, {
    tensors: { x, cosines: cos, sines: sin, positions, y },
    defines: { VEC4: size === 4 },
    params: { count, width: width / size, half: half / size, direction },
    workgroups: Math.ceil(count / 64),
  });
  return y;
}

/**
 * Rotary position embedding: turns the pairs (i, i + headDim/2) of each head by its token's angles.
 *
 * x and y [tokens, heads · headDim]; cos, sin [P, headDim/2]; positions i32 [tokens] below P.
 * @see Su et al. 2021, RoFormer; the pairing is that of Hugging Face's weights
 */
export const rope = operation<Inputs, { y: Tensor }, RopeOptions>({
  name: 'rope',
  reference: ropeReference,
  forward: (recorder, inputs, options) => ({
    y: rotate(recorder, inputs.x, inputs, options, 1),
  }),
  tangent: (recorder, { inputs, options, tangents }) => ({
    y: rotate(recorder, tangents.x!, inputs, options, 1),
  }),
  backward(recorder, { inputs, gradients: { y: dy }, options, needs }) {
    if (!dy || !needs.x) return {};
    return { x: rotate(recorder, dy, inputs, options, -1) };
  },
});
