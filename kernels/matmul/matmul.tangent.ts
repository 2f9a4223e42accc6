import {
  elements,
  elementsInclude,
  type Recorder,
  type Shape,
  shader,
  type Tensor,
} from '../contract/index.ts';
import type { MatmulOptions, MatmulTensors } from './matmul.problem.ts';
import { recordMatmul } from './matmul.record.ts';
import spreadText from './matmul.spread.wgsl';

const spreadSource = shader('matmul.spread', spreadText, elementsInclude);

/**
 * Records how a linear layer's output moves: the sum of `products` (each without bias and addend), the bias's movement
 * in every row, and the residual's. Undefined where nothing moves. `shape` is the output's.
 */
export function recordLinearTangent(
  recorder: Recorder,
  products: readonly (Pick<MatmulTensors, 'a' | 'b' | 'low' | 'up'> | undefined)[],
  { bias, residual, shape }: { bias?: Tensor; residual?: Tensor; shape: Shape },
  options: MatmulOptions,
): Tensor | undefined {
  const [first, ...rest] = products.filter((product) => product !== undefined);
  if (!first && !bias) return residual;
  if (first) {
    const y = recordMatmul(recorder, { ...first, bias, addend: residual }, options);
    for (const product of rest) recordMatmul(recorder, { ...product, into: y }, options);
    return y;
  }
  const y = recorder.tensor('y', shape);
  const count = elements(shape);
  recorder.dispatch(spreadSource, {
    tensors: { x: bias!, y, ...(residual && { addend: residual }) },
    defines: { ADDEND: residual !== undefined },
    params: { count, columns: shape.at(-1)! },
    workgroups: Math.ceil(count / 64),
  });
  return y;
}
