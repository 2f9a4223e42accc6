/** What stands in for the log-ratio in losses of a score difference: TRL's `f_divergence_type`. */
export type FDivergence = 'reverse_kl' | 'forward_kl' | 'js_divergence' | 'alpha_divergence';

/** TRL's keys, with its defaults; a loss ignores those that it has no use for. */
export interface PairLossOptions {
  /** KL coefficient: how strongly the policy is kept near the reference model. Default 0.1. */
  readonly beta?: number;
  /** The share of labels taken to be wrong. Default 0. */
  readonly labelSmoothing?: number;
  /** Default `reverse_kl`, which is DPO itself. Losses of the two log-ratios alone ignore it, as TRL does. */
  readonly fDivergenceType?: FDivergence;
  /** The alpha of `alpha_divergence`. Default 0.5. */
  readonly fAlphaDivergenceCoef?: number;
  /** AlphaPO's exponent, for losses without a reference: rewards become (1 - e^(-alpha logps)) / alpha. Default 0. */
  readonly alpha?: number;
}

/** Which score a loss takes: 0 the ratio, 1 Jensen-Shannon, 2 a power of e^ratio, 3 that also as reward. */
export function scoreOf(options: PairLossOptions): { score: number; power: number } {
  const { fDivergenceType: kind = 'reverse_kl', fAlphaDivergenceCoef = 0.5, alpha = 0 } = options;
  if (alpha !== 0) return { score: 3, power: -alpha };
  if (kind === 'js_divergence') return { score: 1, power: 1 };
  if (kind === 'forward_kl') return { score: 2, power: -1 };
  // At 1 the alpha divergence is the reverse KL.
  if (kind === 'alpha_divergence' && Math.abs(fAlphaDivergenceCoef - 1) >= 1e-6) {
    return { score: 2, power: fAlphaDivergenceCoef - 1 };
  }
  return { score: 0, power: 1 };
}
