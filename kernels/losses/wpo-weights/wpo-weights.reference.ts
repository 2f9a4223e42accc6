import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

export const wpoWeightsReference = {
  /** weights[r] = exp(mean over the sequence's tokens of logp - log Σ p²). */
  forward({ logps, logSumSquares, bounds }: HostArrays): HostArrays {
    const rows = bounds!.shape[0]!;
    const data = Float64Array.from({ length: rows }, (_, row) => {
      const [start, end] = [bounds!.data[2 * row]!, bounds!.data[2 * row + 1]!];
      let sum = 0;
      for (let i = start; i < end; i++) sum += logps!.data[i]! - logSumSquares!.data[i]!;
      return Math.exp(sum / Math.max(1, end - start)) + nanUnlessFinite(sum);
    });
    return { weights: { shape: [rows], data } };
  },
};
