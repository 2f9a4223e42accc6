import { elementsInclude, operation, shader, type Tensor } from '../../contract/index.ts';
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
  backward(recorder, { inputs: { x }, gradients: { y: dy }, options, needs }) {
    if (!dy || !needs.x) return {};
    const dx = recorder.tensor('dx', x.shape);
    recorder.dispatch(backwardSource, { tensors: { x, dy, dx }, ...grid(x, options) });
    return { x: dx };
  },
});
