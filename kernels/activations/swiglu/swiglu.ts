import {
  elements,
  elementsInclude,
  expectShape,
  numericInclude,
  operation,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import backwardText from './swiglu.backward.wgsl';
import forwardText from './swiglu.forward.wgsl';
import { swigluReference } from './swiglu.reference.ts';
import tangentText from './swiglu.tangent.wgsl';

export { swigluReference } from './swiglu.reference.ts';

const forwardSource = shader('swiglu.forward', forwardText, {
  ...elementsInclude,
  ...numericInclude,
});
const backwardSource = shader('swiglu.backward', backwardText, {
  ...elementsInclude,
  ...numericInclude,
});
const tangentSource = shader('swiglu.tangent', tangentText, {
  ...elementsInclude,
  ...numericInclude,
});

/** An invocation an element of y: four numbers where they are neighbours in gate and up too. */
function grid(y: Tensor, packed: boolean) {
  const [count, width] = [elements(y.shape), y.shape.at(-1)!];
  const size = (packed ? width : count) % 4 === 0 ? 4 : 1;
  return {
    defines: { VEC4: size === 4, PACKED: packed },
    params: { count: count / size, width: Math.floor(width / size) },
    workgroups: Math.ceil(count / size / 64),
  };
}

/**
 * y = silu(gate) · up, the gated activation of Llama's feed-forward layer.
 *
 * gate, up and y are [tokens, F]. Without `up`, gate is [tokens, 2F], as one product computes both: up stands
 * behind the gate in each row. Both gradients come from one dispatch.
 * @see Shazeer 2020, GLU Variants Improve Transformer
 */
export const swiglu = operation<
  { gate: Tensor; up?: Tensor },
  { y: Tensor },
  Record<string, never>
>({
  name: 'swiglu',
  reference: swigluReference,
  forward(recorder, { gate, up }) {
    if (up) expectShape(up.name, up.shape, gate.shape);
    const width = gate.shape.at(-1)!;
    const y = recorder.tensor('y', up ? gate.shape : [...gate.shape.slice(0, -1), width / 2]);
    recorder.dispatch(forwardSource, {
      tensors: { gate, ...(up && { up }), y },
      ...grid(y, !up),
    });
    return { y };
  },
  tangent(recorder, { inputs: { gate, up }, outputs: { y }, tangents }) {
    const yTangent = recorder.tensor('y', y.shape);
    const { defines, ...rest } = grid(y, !up);
    recorder.dispatch(tangentSource, {
      tensors: {
        gate,
        yTangent,
        ...(tangents.gate && { gateTangent: tangents.gate, ...(up && { up }) }),
        ...(tangents.up && { upTangent: tangents.up }),
      },
      defines: { ...defines, GATE: Boolean(tangents.gate), UP: Boolean(tangents.up) },
      ...rest,
    });
    return { y: yTangent };
  },
  backward(recorder, { inputs: { gate, up }, gradients: { y: dy }, needs }) {
    if (!dy || !(needs.gate || needs.up)) return {};
    const dGate = recorder.tensor('dGate', gate.shape);
    const dUp = up && recorder.tensor('dUp', up.shape);
    recorder.dispatch(backwardSource, {
      tensors: { gate, ...(up && { up }), dy, dGate, ...(dUp && { dUp }) },
      ...grid(dy, !up),
    });
    return { ...(needs.gate && { gate: dGate }), ...(needs.up && dUp && { up: dUp }) };
  },
});
