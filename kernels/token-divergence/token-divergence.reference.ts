import type { HostArrays } from '../contract/index.ts';

export interface TokenDivergenceOptions {
  /** Divides the logits of both. Default 1. */
  readonly temperature?: number;
  /** Rows whose logits are held at once; by default as many as fill 16 MiB, at least 8. */
  readonly chunk?: number;
}

/** Log-probabilities of row n over the vocabulary. */
function logps(
  hidden: HostArrays[string],
  weight: HostArrays[string],
  n: number,
  temperature: number,
): Float64Array {
  const [vocabulary, width] = weight.shape as [number, number];
  const logits = Float64Array.from({ length: vocabulary }, (_, v) => {
    let sum = 0;
    for (let k = 0; k < width; k++)
      sum += hidden.data[n * width + k]! * weight.data[v * width + k]!;
    return sum / temperature;
  });
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((total, x) => total + Math.exp(x - largest), 0);
  return logits.map((x) => x - largest - Math.log(sum));
}

export const tokenDivergenceReference = {
  /** divergences = Σ_j p_old (log p_old - log p) of each token that counts; kl = scale Σ mask divergences. */
  forward(inputs: HostArrays, { temperature = 1 }: TokenDivergenceOptions): HostArrays {
    const { hidden, weight, oldHidden, oldWeight = weight, mask, scale } = inputs;
    const rows = hidden!.shape[0]!;
    const divergences = Float64Array.from({ length: rows }, (_, n) => {
      if (mask!.data[n] === 0) return 0;
      const now = logps(hidden!, weight!, n, temperature);
      const old = logps(oldHidden!, oldWeight!, n, temperature);
      return old.reduce((sum, logp, v) => sum + Math.exp(logp) * (logp - now[v]!), 0);
    });
    const total = divergences.reduce((sum, value, n) => sum + value * mask!.data[n]!, 0);
    return {
      divergences: { shape: [rows], data: divergences },
      kl: { shape: [1], data: Float64Array.of(scale!.data[0]! * total) },
    };
  },
};
