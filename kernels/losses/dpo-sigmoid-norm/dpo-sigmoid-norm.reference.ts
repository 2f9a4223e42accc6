import { eachPair, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';

/** -log σ(β (s_c / n_c - s_r / n_r)). */
export const dpoSigmoidNormReference = eachPair(({ chosen, rejected }, { beta = 0.1 }) => {
  const [c, r] = [Math.max(chosen.length, 1), Math.max(rejected.length, 1)];
  const z = beta * (chosen.score / c - rejected.score / r);
  const slope = beta * sigmoid(-z);
  return {
    loss: softplus(-z),
    chosen: (-slope / c) * chosen.slope,
    rejected: (slope / r) * rejected.slope,
  };
});
