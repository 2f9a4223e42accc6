import { eachMargin, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';

/** KL of (σ(β δ), σ(-β δ)) from (1 - ε, ε). */
export const dpoExoPairReference = eachMargin((margin, beta, { labelSmoothing: e = 0 }) => {
  const z = beta * margin;
  const right = -softplus(-z) - Math.log1p(-e);
  const wrong = -softplus(z) - Math.log(e);
  return [
    sigmoid(z) * right + sigmoid(-z) * wrong,
    beta * sigmoid(z) * sigmoid(-z) * (right - wrong),
  ];
});
