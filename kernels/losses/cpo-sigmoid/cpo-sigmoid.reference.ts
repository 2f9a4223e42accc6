import { eachMargin, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';

/** -(1 - ε) log σ(β δ) - ε log σ(-β δ), δ the difference of the log-probabilities. */
export const cpoSigmoidReference = eachMargin((margin, beta, { labelSmoothing: e = 0 }) => {
  const z = beta * margin;
  return [
    (1 - e) * softplus(-z) + e * softplus(z),
    beta * (e * sigmoid(z) - (1 - e) * sigmoid(-z)),
  ];
});
