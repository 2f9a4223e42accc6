// DPO of scores averaged over tokens: -log σ(β (s_c / n_c - s_r / n_r)).

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let n_c = max(pair.chosen.length, 1.0);
  let n_r = max(pair.rejected.length, 1.0);
  let z = params.beta * (pair.chosen.score / n_c - pair.rejected.score / n_r);
  let slope = params.beta * sigmoid(-z);
  return byScores(pair, softplus(-z), -slope / n_c, slope / n_r);
}
