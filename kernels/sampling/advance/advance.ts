import { expectShape, type Recorder, shader, type Tensor } from '../../contract/index.ts';
import text from './advance.wgsl';

export { advanceReference } from './advance.reference.ts';

const source = shader('advance', text);

export interface AdvanceTensors {
  /** i32 [B] and f32 [B]: what `sample` drew. */
  readonly sampled: Tensor;
  readonly logps: Tensor;
  /** i32 [count], count ≥ 1: the tokens that end a row; -1 stands for none. */
  readonly ends: Tensor;
  /** i32 [5, stride], stride ≥ B: by line the id, position, length, tokens wanted and steps taken of each row. */
  readonly rows: Tensor;
  /** i32 and f32 [steps, B]: the history, a ring of the last `steps` steps. */
  readonly ids: Tensor;
  readonly idLogps: Tensor;
}

/**
 * Records what follows a sample when text is generated: `rows`, `ids` and `idLogps` change in place.
 * A row goes on until it has no token left to want or drew one of `ends`, which is kept.
 */
export function advanceRows(recorder: Recorder, tensors: AdvanceTensors): void {
  const { sampled, logps, ends, rows, ids, idLogps } = tensors;
  expectShape(sampled.name, sampled.shape, [-1]);
  const batch = sampled.shape[0]!;
  expectShape(logps.name, logps.shape, [batch]);
  expectShape(ends.name, ends.shape, [-1]);
  expectShape(rows.name, rows.shape, [5, -1]);
  expectShape(ids.name, ids.shape, [-1, batch]);
  expectShape(idLogps.name, idLogps.shape, ids.shape);
  recorder.dispatch(source, {
    tensors: { sampled, logps, ends, rows, ids, idLogps },
    params: { batch, stride: rows.shape[1]!, ends: ends.shape[0]!, steps: ids.shape[0]! },
    workgroups: Math.ceil(batch / 64),
  });
}
