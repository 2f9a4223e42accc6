import { eachPair, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';

/** -log σ(a) - log σ(-b). */
export const dpoBcoPairReference = eachPair(({ chosen, rejected }, { beta = 0.1 }) => {
  const [a, b] = [beta * chosen.ratio, beta * rejected.ratio];
  return {
    loss: softplus(-a) + softplus(b),
    chosen: -beta * sigmoid(-a),
    rejected: beta * sigmoid(b),
  };
});
