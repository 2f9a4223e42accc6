import { eachPair, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';

/** l - log(1 - e^l) and its slope; l is clamped at -1e-7. */
function odds(average: number): { log: number; slope: number } {
  const l = Math.min(average, -1e-7);
  return { log: l - Math.log(-Math.expm1(l)), slope: -1 / Math.expm1(l) };
}

/** -β log σ(o), o the difference of the log odds. */
export const orpoReference = eachPair(({ chosen, rejected }, { beta = 0.1 }) => {
  const [c, r] = [odds(chosen.ratio), odds(rejected.ratio)];
  const o = c.log - r.log;
  const slope = -beta * sigmoid(-o);
  return {
    loss: beta * softplus(-o),
    chosen: slope * c.slope,
    rejected: -slope * r.slope,
    own: [-softplus(-o), o],
  };
});
