import { eachPair, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';

/** -log σ(a) - log σ(-a) / 2 - log σ(-b) / 2. */
export const dpoNcaPairReference = eachPair(({ chosen, rejected }, { beta = 0.1 }) => {
  const [a, b] = [beta * chosen.ratio, beta * rejected.ratio];
  return {
    loss: softplus(-a) + softplus(a) / 2 + softplus(b) / 2,
    chosen: beta * (sigmoid(a) / 2 - sigmoid(-a)),
    rejected: (beta * sigmoid(b)) / 2,
  };
});
