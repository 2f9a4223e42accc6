import type { PairLossOptions } from './pair-loss.ts';

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
