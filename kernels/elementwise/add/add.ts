import {
  elementsInclude,
  expectShape,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { elementwiseGrid } from '../elementwise.grid.ts';
import text from './add.forward.wgsl';
import { addReference } from './add.reference.ts';

export { addReference } from './add.reference.ts';

const source = shader('add.forward', text, elementsInclude);

function record(recorder: Recorder, a: Tensor, b: Tensor): Tensor {
  expectShape(b.name, b.shape, a.shape);
  const y = recorder.tensor('y', a.shape);
  recorder.dispatch(source, { tensors: { a, b, y }, ...elementwiseGrid(y) });
  return y;
}

/**
 * y = a + b, both of one shape. The gradient of both is that of y itself: nothing is dispatched.
 */
export const add = operation<{ a: Tensor; b: Tensor }, { y: Tensor }, Record<string, never>>({
  name: 'add',
  reference: addReference,
  forward: (recorder, { a, b }) => ({ y: record(recorder, a, b) }),
  tangent: (recorder, { tangents: { a, b } }) => ({
    y: a && b ? record(recorder, a, b) : (a ?? b!),
  }),
  backward(_, { gradients, needs }) {
    const { y } = gradients;
    return { ...(y && needs.a && { a: y }), ...(y && needs.b && { b: y }) };
  },
});
