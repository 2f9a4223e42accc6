import type { HostArray } from '../../contract/index.ts';

/** (1 - share) · target + share · source. */
export function mixReference(target: HostArray, source: HostArray, share: number): HostArray {
  return {
    shape: target.shape,
    data: Float64Array.from(target.data, (v, i) => (1 - share) * v + share * source.data[i]!),
  };
}
