import { eachPair, sigmoid } from '../pair-loss/pair-loss.reference.ts';

/** σ(a) + 1 - σ(a - b). */
export const dpoApoDownReference = eachPair(({ chosen, rejected }, { beta = 0.1 }) => {
  const [a, x] = [beta * chosen.ratio, beta * (chosen.ratio - rejected.ratio)];
  const apart = sigmoid(x) * sigmoid(-x);
  return {
    loss: sigmoid(a) + sigmoid(-x),
    chosen: beta * (sigmoid(a) * sigmoid(-a) - apart),
    rejected: beta * apart,
  };
});
