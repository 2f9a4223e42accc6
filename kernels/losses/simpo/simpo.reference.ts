import { eachMargin, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';
import type { PairLossOptions } from '../pair-loss/pair-loss.score.ts';

export interface SimpoOptions extends PairLossOptions {
  /** The lead that the chosen answer's reward should have. Default 0.5. */
  readonly simpoGamma?: number;
}

/** -(1 - ε) log σ(β δ - γ) - ε log σ(γ - β δ), δ the difference of the averaged log-probabilities. */
export const simpoReference = eachMargin<SimpoOptions>(
  (margin, beta, { labelSmoothing: e = 0, simpoGamma = 0.5 }) => {
    const z = beta * margin - simpoGamma;
    return [
      (1 - e) * softplus(-z) + e * softplus(z),
      beta * (e * sigmoid(z) - (1 - e) * sigmoid(-z)),
    ];
  },
);
