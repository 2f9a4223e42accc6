import type { HostArrays } from '../contract/index.ts';

export const softmaxReference = {
  /** y = e^(x - max) / Σ e^(x - max) over each row. */
  forward(inputs: HostArrays): HostArrays {
    const { shape, data } = inputs.x!;
    const columns = shape[1]!;
    const y = new Float64Array(data.length);
    for (let first = 0; first < data.length; first += columns) {
      const row = Float64Array.from(data.subarray(first, first + columns));
      const largest = row.reduce((a, b) => Math.max(a, b));
      const powers = row.map((v) => Math.exp(v - largest));
      const sum = powers.reduce((a, b) => a + b);
      y.set(
        powers.map((v) => v / sum),
        first,
      );
    }
    return { y: { shape, data: y } };
  },

  /** dx = y · (dy - Σ dy · y). */
  backward(inputs: HostArrays, gradients: HostArrays): HostArrays {
    const { shape } = inputs.x!;
    const y = softmaxReference.forward(inputs).y!.data;
    const dy = gradients.y!.data;
    const columns = shape[1]!;
    const sums = new Float64Array(shape[0]!);
    for (let i = 0; i < y.length; i++) sums[Math.floor(i / columns)]! += dy[i]! * y[i]!;
    const dx = Float64Array.from(y, (v, i) => v * (dy[i]! - sums[Math.floor(i / columns)]!));
    return { x: { shape, data: dx } };
  },
};
