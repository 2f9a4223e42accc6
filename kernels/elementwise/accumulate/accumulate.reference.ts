import type { HostArray } from '../../contract/index.ts';

/** target + source. */
export function accumulateReference(target: HostArray, source: HostArray): HostArray {
  return {
    shape: target.shape,
    data: Float64Array.from(target.data, (v, i) => v + source.data[i]!),
  };
}
