import type { HostArray } from '../../contract/index.ts';

/** The cache with row b · length + t at slot positions[b · length + t] of sequence b. */
export function writeCacheReference(
  { cache, rows, positions }: { cache: HostArray; rows: HostArray; positions: HostArray },
  { length }: { length: number },
): HostArray {
  const [, capacity, width] = cache.shape as [number, number, number];
  const data = Float64Array.from(cache.data);
  positions.data.forEach((slot, row) => {
    if (slot < 0 || slot >= capacity) return;
    const at = Math.floor(row / length) * capacity + slot;
    data.set(rows.data.subarray(row * width, (row + 1) * width), at * width);
  });
  return { shape: cache.shape, data };
}
