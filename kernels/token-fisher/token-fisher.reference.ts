import type { HostArrays } from '../contract/index.ts';

export interface TokenFisherOptions {
  /** Divides the logits. Default 1. */
  readonly temperature?: number;
  /** Rows whose logits are held at once; by default as many as fill 16 MiB, at least 8. */
  readonly chunk?: number;
}

interface Row {
  readonly p: Float64Array;
  /** How the logits move, less the mean of that under p. */
  readonly d: Float64Array;
  readonly weight: number;
}

function* rowsOf(inputs: HostArrays, { temperature = 1 }: TokenFisherOptions): Generator<Row> {
  const { hidden, weight, mask, scale, hiddenTangent, weightTangent } = inputs;
  const [rows, width] = hidden!.shape as [number, number];
  const product = (a: HostArrays[string] | undefined, b: HostArrays[string] | undefined) => {
    return (n: number, v: number) => {
      let sum = 0;
      for (let k = 0; a && b && k < width; k++)
        sum += a.data[n * width + k]! * b.data[v * width + k]!;
      return sum / temperature;
    };
  };
  const [logit, byHidden, byWeight] = [
    product(hidden, weight),
    product(hiddenTangent, weight),
    product(hidden, weightTangent),
  ];
  for (let n = 0; n < rows; n++) {
    const columns = Float64Array.from({ length: weight!.shape[0]! }, (_, v) => v);
    if (mask!.data[n] === 0) {
      yield { p: columns.map(() => 0), d: columns.map(() => 0), weight: 0 };
      continue;
    }
    const x = columns.map((v) => logit(n, v));
    const t = columns.map((v) => byHidden(n, v) + byWeight(n, v));
    const largest = x.reduce((a, b) => Math.max(a, b));
    const powers = x.map((value) => Math.exp(value - largest));
    const sum = powers.reduce((a, b) => a + b);
    const p = powers.map((value) => value / sum);
    const mean = p.reduce((total, value, v) => total + value * t[v]!, 0);
    yield { p, d: t.map((value) => value - mean), weight: mask!.data[n]! * scale!.data[0]! };
  }
}

export const tokenFisherReference = {
  /** energy = ½ scale Σ mask Σ_j p_j (t_j - Σ_k p_k t_k)², t how the logits move. */
  forward(inputs: HostArrays, options: TokenFisherOptions): HostArrays {
    let energy = 0;
    for (const { p, d, weight } of rowsOf(inputs, options)) {
      p.forEach((value, v) => {
        energy += 0.5 * weight * value * d[v]! ** 2;
      });
    }
    return { energy: { shape: [1], data: Float64Array.of(energy) } };
  },

  /** By how the logits move: weight · p (t - mean); then through t = (hiddenTangent · Wᵀ + hidden · weightTangentᵀ) / T. */
  backward(inputs: HostArrays, gradients: HostArrays, options: TokenFisherOptions): HostArrays {
    const { hidden, weight } = inputs as Required<HostArrays>;
    const factor = (gradients.energy?.data[0] ?? 1) / (options.temperature ?? 1);
    const width = hidden!.shape[1]!;
    const dhidden = new Float64Array(hidden!.data.length);
    const dweight = new Float64Array(weight!.data.length);
    let n = 0;
    for (const { p, d, weight: w } of rowsOf(inputs, options)) {
      for (let v = 0; v < p.length; v++) {
        const g = factor * w * p[v]! * d[v]!;
        for (let k = 0; k < width && w !== 0; k++) {
          dhidden[n * width + k]! += g * weight!.data[v * width + k]!;
          dweight[v * width + k]! += g * hidden!.data[n * width + k]!;
        }
      }
      n++;
    }
    return {
      hiddenTangent: { shape: hidden!.shape, data: dhidden },
      weightTangent: { shape: weight!.shape, data: dweight },
    };
  },
};
