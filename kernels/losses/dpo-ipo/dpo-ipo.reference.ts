import { eachPair } from '../pair-loss/pair-loss.reference.ts';

/** (s_c / n_c - s_r / n_r - 1 / (2 β))². */
export const dpoIpoReference = eachPair(({ chosen, rejected }, { beta = 0.1 }) => {
  const [c, r] = [Math.max(chosen.length, 1), Math.max(rejected.length, 1)];
  const x = chosen.score / c - rejected.score / r - 1 / (2 * beta);
  return {
    loss: x ** 2,
    chosen: ((2 * x) / c) * chosen.slope,
    rejected: ((-2 * x) / r) * rejected.slope,
  };
});
