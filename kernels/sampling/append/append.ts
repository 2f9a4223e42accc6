import { expectShape, type Recorder, shader, type Tensor } from '../../contract/index.ts';
import text from './append.wgsl';

const source = shader('append', text);

/** The state of a batch that is being decoded; all change in place. */
export interface DecodeState {
  /** i32 [rows]: the token that is computed next, its position, and how many keys it sees. */
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly lengths: Tensor;
  /** [steps, rows], i32 and f32. */
  readonly historyIds: Tensor;
  readonly historyLogps: Tensor;
  /** u32 [1]. */
  readonly count: Tensor;
}

/** Records keeping a sampled token [rows] and moving the state on by one; past `steps` nothing is kept. */
export function appendToken(
  recorder: Recorder,
  state: DecodeState,
  { ids, logps }: { readonly ids: Tensor; readonly logps: Tensor },
): void {
  const [steps, rows] = state.historyIds.shape as [number, number];
  for (const tensor of [ids, logps, state.ids, state.positions, state.lengths]) {
    expectShape(tensor.name, tensor.shape, [rows]);
  }
  recorder.dispatch(source, {
    tensors: { sampled: ids, logps, ...state },
    params: { rows, steps },
    workgroups: 1,
  });
}
