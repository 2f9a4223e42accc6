import { eachMargin, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';

/** (-(1 - ε) log σ(β δ) + ε log σ(-β δ)) / (1 - 2 ε). */
export const dpoRobustReference = eachMargin((margin, beta, { labelSmoothing: e = 0 }) => {
  const z = beta * margin;
  return [
    ((1 - e) * softplus(-z) - e * softplus(z)) / (1 - 2 * e),
    (-beta * ((1 - e) * sigmoid(-z) + e * sigmoid(z))) / (1 - 2 * e),
  ];
});
