import type { HostArrays } from '../contract/index.ts';

export const columnMeanReference = {
  /** y[c] = Σ_r x[r, c] / rows. */
  forward({ x }: HostArrays): HostArrays {
    const [rows, columns] = x!.shape as [number, number];
    const y = new Float64Array(columns);
    x!.data.forEach((value, i) => {
      y[i % columns]! += value / rows;
    });
    return { y: { shape: [columns], data: y } };
  },
};
