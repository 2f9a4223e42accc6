import type { HostArrays } from '../../contract/index.ts';

export type LayerNormOptions = { eps: number };

/** (x - mean) · rstd of one row, and rstd. */
function normalise(row: Float64Array, eps: number) {
  const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
  const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
  const rstd = 1 / Math.sqrt(variance + eps);
  return { n: row.map((v) => (v - mean) * rstd), rstd };
}

export const layerNormReference = {
  /** y = (x - mean) / √(variance + eps) · weight + bias. */
  forward(inputs: HostArrays, { eps }: LayerNormOptions): HostArrays {
    const { x, weight, bias } = inputs;
    const [rows, width] = x!.shape as [number, number];
    const y = new Float64Array(rows * width);
    for (let t = 0; t < rows; t++) {
      const row = Float64Array.from(x!.data.subarray(t * width, (t + 1) * width));
      const { n } = normalise(row, eps);
      y.set(
        n.map((v, c) => v * weight!.data[c]! + (bias?.data[c] ?? 0)),
        t * width,
      );
    }
    return { y: { shape: x!.shape, data: y } };
  },

  /** With g = dy · weight: dx = rstd · (g - mean(g) - n · mean(g · n)), dWeight = Σ dy · n, dBias = Σ dy. */
  backward(inputs: HostArrays, gradients: HostArrays, { eps }: LayerNormOptions): HostArrays {
    const { x, weight, bias } = inputs;
    const dy = gradients.y!.data;
    const [rows, width] = x!.shape as [number, number];
    const dx = new Float64Array(rows * width);
    const dWeight = new Float64Array(width);
    const dBias = new Float64Array(width);
    for (let t = 0; t < rows; t++) {
      const row = Float64Array.from(x!.data.subarray(t * width, (t + 1) * width));
      const { n, rstd } = normalise(row, eps);
      const g = row.map((_, c) => dy[t * width + c]! * weight!.data[c]!);
      const mean = g.reduce((sum, v) => sum + v, 0) / width;
      const along = g.reduce((sum, v, c) => sum + v * n[c]!, 0) / width;
      for (let c = 0; c < width; c++) {
        dx[t * width + c] = rstd * (g[c]! - mean - n[c]! * along);
        dWeight[c]! += dy[t * width + c]! * n[c]!;
        dBias[c]! += dy[t * width + c]!;
      }
    }
    return {
      x: { shape: x!.shape, data: dx },
      weight: { shape: [width], data: dWeight },
      ...(bias && { bias: { shape: [width], data: dBias } }),
    };
  },
};
