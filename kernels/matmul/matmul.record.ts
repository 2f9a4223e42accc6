import type { Recorder, Tensor } from '../contract/index.ts';
import { expectRows } from '../quantised/quantised.ts';
import { chooseMatmul } from './matmul.choose.ts';
import type { Multiply } from './matmul.operands.ts';
import { type MatmulOptions, type MatmulTensors, problemOf } from './matmul.problem.ts';

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
  const multiply: Multiply = (operands, problem) =>
    chooseMatmul(recorder.traits, problem).record(recorder, operands, problem, multiply);
  const variant = chooseMatmul(recorder.traits, problem);
  if (low && up && !variant.joinsLowRank?.(problem)) {
    const apart = { ...problem, rank: 0 };
    const rest = { low: undefined, up: undefined };
    variant.record(recorder, { a, b, bias, addend, y, ...rest }, apart, multiply);
    const f32 = { formatA: low.dtype, formatB: up.dtype };
    const more = { ...apart, ...f32, k: rank, transposeA: false, transposeB, accumulate: true };
    multiply({ a: low, b: up, y, bias: undefined, addend: undefined, ...rest }, more);
  } else {
    variant.record(recorder, { a, b, low, up, bias, addend, y }, problem, multiply);
  }
  return y;
}
