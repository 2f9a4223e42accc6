// IPO: (s_c / n_c - s_r / n_r - 1 / (2 β))², scores averaged over the n tokens of each answer.

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let n_c = max(pair.chosen.length, 1.0);
  let n_r = max(pair.rejected.length, 1.0);
  let x = pair.chosen.score / n_c - pair.rejected.score / n_r - 0.5 / params.beta;
  return byScores(pair, x * x, 2.0 * x / n_c, -2.0 * x / n_r);
}
