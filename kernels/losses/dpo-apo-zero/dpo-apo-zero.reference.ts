import { eachPair, sigmoid } from '../pair-loss/pair-loss.reference.ts';

/** 1 - σ(a) + σ(b). */
export const dpoApoZeroReference = eachPair(({ chosen, rejected }, { beta = 0.1 }) => {
  const [a, b] = [beta * chosen.ratio, beta * rejected.ratio];
  return {
    loss: sigmoid(-a) + sigmoid(b),
    chosen: -beta * sigmoid(a) * sigmoid(-a),
    rejected: beta * sigmoid(b) * sigmoid(-b),
  };
});
