import type { Recorder } from './recorder.ts';
import type { Tensor } from './tensor.ts';

/** One shape worth timing. A kernel's `*.bench.ts` exports a list of them as `benches`. */
export interface Bench {
  readonly name: string;
  /** Arithmetic of one run, in floating-point operations. */
  readonly flops: number;
  /** For peers that can compute the same product: rows, columns and inner size of x·w. */
  readonly product?: readonly [m: number, n: number, k: number];
  /** Records one run; `inputs` (f32) are filled with numbers in [-0.5, 0.5) before. */
  record(recorder: Recorder): { inputs: readonly Tensor[]; output: Tensor };
  /** The largest error of the output, of which some elements are computed in float64; it must be within `tolerance`. */
  worstError(inputs: readonly Float32Array[], output: Float32Array): number;
  readonly tolerance: number;
}
