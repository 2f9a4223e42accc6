import type { HostArray, HostArrays } from '../../contract/index.ts';

export const joinReference = {
  /** y[t] = (a[t], b[t]). */
  forward({ a, b }: HostArrays): HostArrays {
    const [rows, left] = a!.shape as [number, number];
    const right = b!.shape[1]!;
    const data = new Float64Array(rows * (left + right));
    for (let t = 0; t < rows; t++) {
      data.set(a!.data.subarray(t * left, (t + 1) * left), t * (left + right));
      data.set(b!.data.subarray(t * right, (t + 1) * right), t * (left + right) + left);
    }
    return { y: { shape: [rows, left + right], data } };
  },

  /** dy taken apart. */
  backward({ a, b }: HostArrays, { y: dy }: HostArrays): HostArrays {
    const width = dy!.shape[1]!;
    const part = ({ shape }: HostArray, first: number) => {
      const [rows, columns] = shape as [number, number];
      const data = new Float64Array(rows * columns);
      for (let t = 0; t < rows; t++) {
        const from = t * width + first;
        data.set(dy!.data.subarray(from, from + columns), t * columns);
      }
      return { shape, data };
    };
    return { a: part(a!, 0), b: part(b!, a!.shape[1]!) };
  },
};
