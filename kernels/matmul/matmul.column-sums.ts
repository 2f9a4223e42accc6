import { expectShape, type Recorder, shader, type Tensor } from '../contract/index.ts';
import text from './matmul.column-sums.wgsl';

const source = shader('matmul.column-sums', text);

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
  recorder.dispatch(source, {
    tensors: { x, y },
    defines: { ACCUMULATE: accumulate },
    params: { rows, columns },
    workgroups: [Math.ceil(columns / 32), 1, 1],
  });
  return y;
}
