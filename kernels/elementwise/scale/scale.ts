import {
  elementsInclude,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { elementwiseGrid } from '../elementwise.grid.ts';
import { scaleReference } from './scale.reference.ts';
import text from './scale.wgsl';

export { scaleReference } from './scale.reference.ts';

const source = shader('scale', text, elementsInclude);

function record(recorder: Recorder, x: Tensor, factor: number): Tensor {
  const y = recorder.tensor('y', x.shape);
  const { params, ...grid } = elementwiseGrid(x);
  recorder.dispatch(source, { tensors: { x, y }, params: { ...params, factor }, ...grid });
  return y;
}

/** y = factor · x, of one shape. */
export const scale = operation<{ x: Tensor }, { y: Tensor }, { factor: number }>({
  name: 'scale',
  reference: scaleReference,
  forward: (recorder, { x }, { factor }) => ({ y: record(recorder, x, factor) }),
  tangent: (recorder, { tangents: { x }, options: { factor } }) => ({
    y: record(recorder, x!, factor),
  }),
  backward(recorder, { gradients: { y: dy }, options: { factor }, needs }) {
    return dy && needs.x ? { x: record(recorder, dy, factor) } : {};
  },
});
