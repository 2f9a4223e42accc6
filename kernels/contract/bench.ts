import type { Recorder } from './recorder.ts';
import type { HostArray, Tensor } from './tensor.ts';

/**
 * One shape worth timing. A kernel's `x.bench.ts` exports a list of them as `benches`; a kernel without one is timed
 * at what its page runs, the `run` of its `x.live.ts`.
 */
export interface Bench {
  readonly name: string;
  /** Arithmetic of one run, in floating-point operations. */
  readonly flops: number;
  /** Of kernels that memory bounds, not arithmetic: bytes that one run must read or write, each once. */
  readonly bytes?: number;
  /** For peers that can compute the same product: rows, columns and inner size of x·w. */
  readonly product?: readonly [m: number, n: number, k: number];
  /** Records one run; `inputs` (f32) are filled with numbers in [-0.5, 0.5) before, `given` as they say. */
  record(recorder: Recorder): {
    readonly inputs: readonly Tensor[];
    readonly outputs: readonly Tensor[];
    readonly given?: readonly (readonly [Tensor, HostArray['data']])[];
  };
  /**
   * The largest error of the outputs after the first run, of which some elements are computed in float64;
   * it must be within `tolerance`.
   */
  worstError(inputs: readonly Float32Array[], outputs: readonly HostArray['data'][]): number;
  readonly tolerance: number;
}

/** The largest difference of two arrays of one length; NaN is the worst of all. */
export function worstDifference(found: ArrayLike<number>, truth: ArrayLike<number>): number {
  let worst = found.length === truth.length ? 0 : Number.NaN;
  for (let i = 0; i < truth.length; i++) {
    const error = Math.abs(found[i]! - truth[i]!);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}
