import { expectShape, operation, shader, type Tensor } from '../../contract/index.ts';
import { elementwiseGrid } from '../../elementwise/grid.ts';
import backwardText from './swiglu.backward.wgsl';
import forwardText from './swiglu.forward.wgsl';
import { swigluReference } from './swiglu.reference.ts';

export { swigluReference } from './swiglu.reference.ts';

const forwardSource = shader('swiglu.forward', forwardText);
const backwardSource = shader('swiglu.backward', backwardText);

/**
 * y = silu(gate) · up, the gated activation of Llama's feed-forward layer.
 *
 * gate, up and y are [tokens, F]. Both gradients come from one dispatch.
 * @see Shazeer 2020, GLU Variants Improve Transformer
 */
export const swiglu = operation<{ gate: Tensor; up: Tensor }, { y: Tensor }, Record<string, never>>(
  {
    name: 'swiglu',
    reference: swigluReference,
    forward(recorder, { gate, up }) {
      expectShape(up.name, up.shape, gate.shape);
      const y = recorder.tensor('y', gate.shape);
      recorder.dispatch(forwardSource, {
        tensors: { gate, up, y },
        ...elementwiseGrid(gate),
      });
      return { y };
    },
    backward(recorder, { inputs: { gate, up }, gradients: { y: dy }, needs }) {
      if (!dy || !(needs.gate || needs.up)) return {};
      const dGate = recorder.tensor('dGate', gate.shape);
      const dUp = recorder.tensor('dUp', gate.shape);
      recorder.dispatch(backwardSource, {
        tensors: { gate, up, dy, dGate, dUp },
        ...elementwiseGrid(gate),
      });
      return { ...(needs.gate && { gate: dGate }), ...(needs.up && { up: dUp }) };
    },
  },
);
