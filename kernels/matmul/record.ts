import { expectShape, type Recorder, shader, type Tensor } from '../contract/index.ts';
import { expectRows } from '../quantised/quantised.ts';
import { chooseMatmul } from './choose.ts';
import columnSumsText from './matmul.column-sums.wgsl';
import { type MatmulOptions, type MatmulTensors, problemOf } from './problem.ts';

const columnSums = shader('matmul.column-sums', columnSumsText);

/**
 * Records y = scale · (op(a)·op(b) + low·op(up)) (+ bias) (+ addend), or with `into` y += that; returns y.
 * Batches are optional: both operands have one of the same size, or neither has.
 */
export function recordMatmul(
  recorder: Recorder,
  tensors: MatmulTensors,
  options: MatmulOptions = {},
): Tensor {
  const problem = problemOf(tensors, options);
  const { batch, m, n, rank, transposeB } = problem;
  const shape = tensors.a.shape.length === 3 ? [batch, m, n] : [m, n];
  const y = tensors.into ?? tensors.y ?? recorder.tensor('y', shape);
  const { a, b, low, up, bias, addend } = tensors;
  if (b.dtype !== 'f16') expectRows(b);
  const variant = chooseMatmul(recorder.traits, problem);
  if (low && up && !variant.joinsLowRank?.(problem)) {
    const apart = { ...problem, rank: 0 };
    const rest = { low: undefined, up: undefined };
    variant.record(recorder, { a, b, bias, addend, y, ...rest }, apart);
    const f32 = { formatA: low.dtype, formatB: up.dtype };
    const more = { ...apart, ...f32, k: rank, transposeA: false, transposeB, accumulate: true };
    const pair = { a: low, b: up, y, bias: undefined, addend: undefined, ...rest };
    chooseMatmul(recorder.traits, more).record(recorder, pair, more);
  } else {
    variant.record(recorder, { a, b, low, up, bias, addend, y }, problem);
  }
  return y;
}

/**
 * Records the sums of each column of x [rows, columns] → [columns], in a fixed order; `into` is added to, or
 * written over where `accumulate` is false.
 */
export function recordColumnSums(
  recorder: Recorder,
  x: Tensor,
  into?: Tensor,
  accumulate = Boolean(into),
): Tensor {
  expectShape(x.name, x.shape, [-1, -1]);
  const [rows, columns] = x.shape as [number, number];
  const y = into ?? recorder.tensor(`sums of ${x.name}`, [columns]);
  expectShape(y.name, y.shape, [columns]);
  recorder.dispatch(columnSums, {
    tensors: { x, y },
    defines: { ACCUMULATE: accumulate },
    params: { rows, columns },
    workgroups: [Math.ceil(columns / 32), 1, 1],
  });
  return y;
}
