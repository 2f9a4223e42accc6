import { allPairs } from '../pair-loss/pair-loss.reference.ts';

/** -(Σ w / Σ n_c) logp_c of each pair. */
export const dpoSftReference = allPairs((pairs) => {
  const tokens = pairs.reduce((sum, { chosen }) => sum + chosen.length, 0);
  const slope = -pairs.reduce((sum, { weight }) => sum + weight, 0) / Math.max(tokens, 1);
  return pairs.map(({ chosen }) => ({ loss: slope * chosen.logp, chosen: slope, rejected: 0 }));
});
