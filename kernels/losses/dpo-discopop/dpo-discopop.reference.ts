import { eachMargin, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';
import type { PairLossOptions } from '../pair-loss/pair-loss.score.ts';

export interface DpoDiscopopOptions extends PairLossOptions {
  /** How sharply the blend turns at a difference of 0. Default 0.05. */
  readonly discopopTau?: number;
}

/** (1 - m) · -log σ(z) + m e^-z, m = σ(z / τ); log m is taken apart, since m can be 0 in float64. */
export const dpoDiscopopReference = eachMargin<DpoDiscopopOptions>(
  (margin, beta, { discopopTau: tau = 0.05 }) => {
    const z = beta * margin;
    const [m, rest] = [sigmoid(z / tau), sigmoid(-z / tau)];
    const exponential = Math.exp(-softplus(-z / tau) - z);
    const modulated = (rest / tau) * (exponential - m * softplus(-z));
    return [
      rest * softplus(-z) + exponential,
      beta * (modulated - rest * sigmoid(-z) - exponential),
    ];
  },
);
