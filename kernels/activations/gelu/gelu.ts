import {
  elementsInclude,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { elementwiseGrid } from '../../elementwise/elementwise.grid.ts';
import backwardText from './gelu.backward.wgsl';
import forwardText from './gelu.forward.wgsl';
import { type GeluOptions, geluReference } from './gelu.reference.ts';
import shareText from './gelu.share.wgsl';

export { type GeluOptions, geluReference } from './gelu.reference.ts';

const includes = { ...elementsInclude, 'gelu.share.wgsl': shareText };
const forwardSource = shader('gelu.forward', forwardText, includes);
const backwardSource = shader('gelu.backward', backwardText, includes);

function grid(x: Tensor, { approximate }: GeluOptions) {
  const { defines, ...rest } = elementwiseGrid(x);
  return { ...rest, defines: { ...defines, TANH: approximate === 'tanh' } };
}

function sloped(recorder: Recorder, x: Tensor, dy: Tensor, options: GeluOptions): Tensor {
  const dx = recorder.tensor('dx', x.shape);
  recorder.dispatch(backwardSource, { tensors: { x, dy, dx }, ...grid(x, options) });
  return dx;
}

/**
 * y = x · Φ(x); with `approximate: 'tanh'` the form that GPT-2 and Gemma use. x and y have one shape.
 * @see Hendrycks and Gimpel 2016, Gaussian Error Linear Units
 */
export const gelu = operation<{ x: Tensor }, { y: Tensor }, GeluOptions>({
  name: 'gelu',
  reference: geluReference,
  forward(recorder, { x }, options) {
    const y = recorder.tensor('y', x.shape);
    recorder.dispatch(forwardSource, { tensors: { x, y }, ...grid(x, options) });
    return { y };
  },
  // Number by number, forward and backward mode multiply by the same slope.
  tangent: (recorder, { inputs: { x }, options, tangents }) => ({
    y: sloped(recorder, x, tangents.x!, options),
  }),
  backward(recorder, { inputs: { x }, gradients: { y: dy }, options, needs }) {
    return dy && needs.x ? { x: sloped(recorder, x, dy, options) } : {};
  },
});
