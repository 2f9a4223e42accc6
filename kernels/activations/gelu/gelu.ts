import { elements, operation, shader, type Tensor } from '../../contract/index.ts';
import backwardText from './gelu.backward.wgsl';
import forwardText from './gelu.forward.wgsl';
import { type GeluOptions, geluReference } from './gelu.reference.ts';

export { type GeluOptions, geluReference } from './gelu.reference.ts';

const forwardSource = shader('gelu.forward', forwardText);
const backwardSource = shader('gelu.backward', backwardText);

/**
 * y = x · Φ(x); with `approximate: 'tanh'` the form that GPT-2 and Gemma use. x and y have one shape.
 * @see Hendrycks and Gimpel 2016, Gaussian Error Linear Units
 */
export const gelu = operation<{ x: Tensor }, { y: Tensor }, GeluOptions>({
  name: 'gelu',
  reference: geluReference,
  forward(recorder, { x }, { approximate }) {
    const y = recorder.tensor('y', x.shape);
    const count = elements(x.shape);
    recorder.dispatch(forwardSource, {
      tensors: { x, y },
      defines: { TANH: approximate === 'tanh' },
      params: { count },
      workgroups: Math.ceil(count / 64),
    });
    return { y };
  },
  backward(recorder, { inputs: { x }, gradients: { y: dy }, options, needs }) {
    if (!dy || !needs.x) return {};
    const dx = recorder.tensor('dx', x.shape);
    const count = elements(x.shape);
    recorder.dispatch(backwardSource, {
      tensors: { x, dy, dx },
      defines: { TANH: options.approximate === 'tanh' },
      params: { count },
      workgroups: Math.ceil(count / 64),
    });
    return { x: dx };
  },
});
