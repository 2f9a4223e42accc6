import { eachPair } from '../pair-loss/pair-loss.reference.ts';

/** (r_c - 1 / (2 β))² + (r_r + 1 / (2 β))². */
export const dpoSppoHardReference = eachPair(({ chosen, rejected }, { beta = 0.1 }) => {
  const [c, r] = [chosen.ratio - 0.5 / beta, rejected.ratio + 0.5 / beta];
  return { loss: c ** 2 + r ** 2, chosen: 2 * c, rejected: 2 * r };
});
