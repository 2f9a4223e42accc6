import type { HostArrays } from '../../contract/index.ts';
import { multiply } from '../../matmul/matmul.reference.ts';

/** `offset` is added to the weight: 1 for Gemma; `scale` multiplies the low-rank product. */
export type RmsNormOptions = { eps: number; offset?: number; scale?: number };

export const rmsNormReference = {
  /** y = x / √(mean of x² + eps) · (offset + weight), down = scale · y·aᵀ. */
  forward(inputs: HostArrays, { eps, offset = 0, scale }: RmsNormOptions): HostArrays {
    const { x, weight, a } = inputs;
    const [rows, width] = x!.shape as [number, number];
    const y = new Float64Array(rows * width);
    for (let t = 0; t < rows; t++) {
      let sum = 0;
      for (let c = 0; c < width; c++) sum += x!.data[t * width + c]! ** 2;
      const rstd = 1 / Math.sqrt(sum / width + eps);
      for (let c = 0; c < width; c++) {
        y[t * width + c] = x!.data[t * width + c]! * rstd * (offset + weight!.data[c]!);
      }
    }
    if (!a) return { y: { shape: x!.shape, data: y } };
    const rank = a.shape[0]!;
    const down = multiply(y, a.data, [rows, rank, width], { transposeB: true, scale: scale ?? 1 });
    return { y: { shape: x!.shape, data: y }, down: { shape: [rows, rank], data: down } };
  },

  /** With g = dy · (offset + weight), n = x · rstd: dx = rstd · (g - n · mean(g · n)), dWeight = Σ dy · n. */
  backward(
    inputs: HostArrays,
    gradients: HostArrays,
    { eps, offset = 0 }: RmsNormOptions,
  ): HostArrays {
    const { x, weight } = inputs;
    const dy = gradients.y!.data;
    const [rows, width] = x!.shape as [number, number];
    const dx = new Float64Array(rows * width);
    const dWeight = new Float64Array(width);
    for (let t = 0; t < rows; t++) {
      const row = Float64Array.from(x!.data.subarray(t * width, (t + 1) * width));
      const rstd = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / width + eps);
      const n = row.map((v) => v * rstd);
      const g = row.map((_, c) => dy[t * width + c]! * (offset + weight!.data[c]!));
      const mean = g.reduce((sum, v, c) => sum + v * n[c]!, 0) / width;
      for (let c = 0; c < width; c++) {
        dx[t * width + c] = rstd * (g[c]! - n[c]! * mean);
        dWeight[c]! += dy[t * width + c]! * n[c]!;
      }
    }
    return { x: { shape: x!.shape, data: dx }, weight: { shape: [width], data: dWeight } };
  },
};
