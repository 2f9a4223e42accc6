// SPPO, the winner's probability taken as 1: (r_c - 1 / (2 β))² + (r_r + 1 / (2 β))², r the ratios.

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let c = pair.chosen.ratio - 0.5 / params.beta;
  let r = pair.rejected.ratio + 0.5 / params.beta;
  return byRatios(pair, c * c + r * r, 2.0 * c, 2.0 * r);
}
