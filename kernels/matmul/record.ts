import { expectShape, type Recorder, shader, type Tensor } from '../contract/index.ts';
import { chooseMatmul } from './choose.ts';
import columnSumsText from './matmul.column-sums.wgsl';
import { type MatmulOptions, type MatmulTensors, problemOf } from './problem.ts';

const columnSums = shader('matmul.column-sums', columnSumsText);

/**
 * Records y = scale · op(a)·op(b) (+ bias), or with `into` y += that, and returns y.
 * Batches are optional: both operands have one of the same size, or neither has.
 */
export function recordMatmul(
  recorder: Recorder,
  tensors: MatmulTensors,
  options: MatmulOptions = {},
): Tensor {
  const problem = problemOf(tensors, options);
  const { batch, m, n } = problem;
  const shape = tensors.a.shape.length === 3 ? [batch, m, n] : [m, n];
  const y = tensors.into ?? tensors.y ?? recorder.tensor('y', shape);
  const { a, b, bias } = tensors;
  chooseMatmul(recorder.traits, problem).record(recorder, { a, b, bias, y }, problem);
  return y;
}

/** Records the sums of each column of x [rows, columns] → [columns], in a fixed order; `into` is added to. */
export function recordColumnSums(recorder: Recorder, x: Tensor, into?: Tensor): Tensor {
  expectShape(x.name, x.shape, [-1, -1]);
  const [rows, columns] = x.shape as [number, number];
  const y = into ?? recorder.tensor(`sums of ${x.name}`, [columns]);
  expectShape(y.name, y.shape, [columns]);
  recorder.dispatch(columnSums, {
    tensors: { x, y },
    defines: { ACCUMULATE: Boolean(into) },
    params: { rows, columns },
    workgroups: [Math.ceil(columns / 32), 1, 1],
  });
  return y;
}
