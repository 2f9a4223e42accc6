import {
  expectShape,
  operation,
  type Recorder,
  rowsInclude,
  shader,
  type Tensor,
} from '../contract/index.ts';
import backwardText from './softmax.backward.wgsl';
import forwardText from './softmax.forward.wgsl';
import { softmaxReference } from './softmax.reference.ts';

export { softmaxReference } from './softmax.reference.ts';

const forwardSource = shader('softmax.forward', forwardText, rowsInclude);
const backwardSource = shader('softmax.backward', backwardText, rowsInclude);

function grid({ traits }: Recorder, x: Tensor) {
  expectShape(x.name, x.shape, [-1, -1]);
  const [rows, columns] = x.shape as [number, number];
  return {
    defines: { COOPERATIVE: !traits.software },
    params: { rows, columns },
    workgroups: traits.software ? Math.ceil(rows / 64) : rows,
  };
}

function jacobian(recorder: Recorder, y: Tensor, dy: Tensor): Tensor {
  const dx = recorder.tensor('dx', y.shape);
  recorder.dispatch(backwardSource, { tensors: { y, dy, dx }, ...grid(recorder, y) });
  return dx;
}

/** y = softmax of each row; x and y are [rows, columns]. */
export const softmax = operation<{ x: Tensor }, { y: Tensor }, Record<string, never>>({
  name: 'softmax',
  reference: softmaxReference,
  forward(recorder, { x }) {
    const y = recorder.tensor('y', x.shape);
    recorder.dispatch(forwardSource, { tensors: { x, y }, ...grid(recorder, x) });
    return { y };
  },
  // The Jacobian of a row, diag(y) - y yᵀ, is symmetric: both modes are one kernel.
  tangent: (recorder, { outputs: { y }, tangents }) => ({ y: jacobian(recorder, y, tangents.x!) }),
  backward(recorder, { outputs: { y }, gradients: { y: dy }, needs }) {
    return dy && needs.x ? { x: jacobian(recorder, y, dy) } : {};
  },
});
