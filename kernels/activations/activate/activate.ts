import {
  elementsInclude,
  numericInclude,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { elementwiseGrid } from '../../elementwise/elementwise.grid.ts';
import { type ActivateOptions, activateReference } from './activate.reference.ts';
import text from './activate.wgsl';

export { type ActivateOptions, activateReference } from './activate.reference.ts';

const source = shader('activate', text, { ...elementsInclude, ...numericInclude });

function grid(x: Tensor, { kind }: ActivateOptions, gradient: boolean) {
  const { defines, ...rest } = elementwiseGrid(x);
  const which = { RELU: kind === 'relu', TANH: kind === 'tanh', GRADIENT: gradient };
  return { ...rest, defines: { ...defines, ...which } };
}

function sloped(recorder: Recorder, x: Tensor, dy: Tensor, options: ActivateOptions): Tensor {
  const dx = recorder.tensor('dx', x.shape);
  recorder.dispatch(source, { tensors: { x, dy, y: dx }, ...grid(x, options, true) });
  return dx;
}

/** y = f(x), number by number: `relu`, `tanh` or `silu` (swish). x and y have one shape. */
export const activate = operation<{ x: Tensor }, { y: Tensor }, ActivateOptions>({
  name: 'activate',
  reference: activateReference,
  forward(recorder, { x }, options) {
    const y = recorder.tensor('y', x.shape);
    recorder.dispatch(source, { tensors: { x, y }, ...grid(x, options, false) });
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
