import type { HostArray } from '../../contract/index.ts';

/** Which part of a tensor is the prefix. */
export interface PrefixPlace {
  /** Virtual tokens: the slots that are written. */
  readonly virtual: number;
  /** The row and column of `source` where the first one's numbers begin. */
  readonly row?: number;
  readonly column?: number;
}

/** The cache with the same rows in the first slots of every sequence. */
export function writePrefixReference(
  { cache, source }: { cache: HostArray; source: HostArray },
  { virtual, row = 0, column = 0 }: PrefixPlace,
): HostArray {
  const [batch, capacity, width] = cache.shape as [number, number, number];
  const stride = source.shape[1]!;
  const data = Float64Array.from(cache.data);
  for (let b = 0; b < batch; b++) {
    for (let j = 0; j < virtual; j++) {
      const from = (row + j) * stride + column;
      data.set(source.data.subarray(from, from + width), (b * capacity + j) * width);
    }
  }
  return { shape: cache.shape, data };
}
