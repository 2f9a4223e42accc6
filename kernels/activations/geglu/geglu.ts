import {
  elements,
  elementsInclude,
  expectShape,
  operation,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import type { GeluOptions } from '../gelu/gelu.reference.ts';
import shareText from '../gelu/gelu.share.wgsl';
import backwardText from './geglu.backward.wgsl';
import forwardText from './geglu.forward.wgsl';
import { gegluReference } from './geglu.reference.ts';

export { gegluReference } from './geglu.reference.ts';

const includes = { ...elementsInclude, 'gelu.share.wgsl': shareText };
const forwardSource = shader('geglu.forward', forwardText, includes);
const backwardSource = shader('geglu.backward', backwardText, includes);

/** An invocation an element of y: four numbers where they are neighbours in gate and up too. */
function grid(y: Tensor, packed: boolean, { approximate }: GeluOptions) {
  const [count, width] = [elements(y.shape), y.shape.at(-1)!];
  const size = (packed ? width : count) % 4 === 0 ? 4 : 1;
  return {
    defines: { VEC4: size === 4, PACKED: packed, TANH: approximate === 'tanh' },
    params: { count: count / size, width: Math.floor(width / size) },
    workgroups: Math.ceil(count / size / 64),
  };
}

/**
 * y = gelu(gate) · up, the gated activation of Gemma's feed-forward layer (there with `approximate: 'tanh'`).
 *
 * gate, up and y are [tokens, F]. Without `up`, gate is [tokens, 2F], as one product computes both: up stands
 * behind the gate in each row. Both gradients come from one dispatch.
 * @see Shazeer 2020, GLU Variants Improve Transformer
 */
export const geglu = operation<{ gate: Tensor; up?: Tensor }, { y: Tensor }, GeluOptions>({
  name: 'geglu',
  reference: gegluReference,
  forward(recorder, { gate, up }, options) {
    if (up) expectShape(up.name, up.shape, gate.shape);
    const width = gate.shape.at(-1)!;
    const y = recorder.tensor('y', up ? gate.shape : [...gate.shape.slice(0, -1), width / 2]);
    recorder.dispatch(forwardSource, {
      tensors: { gate, ...(up && { up }), y },
      ...grid(y, !up, options),
    });
    return { y };
  },
  backward(recorder, { inputs: { gate, up }, gradients: { y: dy }, options, needs }) {
    if (!dy || !(needs.gate || needs.up)) return {};
    const dGate = recorder.tensor('dGate', gate.shape);
    const dUp = up && recorder.tensor('dUp', up.shape);
    recorder.dispatch(backwardSource, {
      tensors: { gate, ...(up && { up }), dy, dGate, ...(dUp && { dUp }) },
      ...grid(dy, !up, options),
    });
    return { ...(needs.gate && { gate: dGate }), ...(needs.up && dUp && { up: dUp }) };
  },
});
