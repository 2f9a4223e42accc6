// BCO for pairs: -log σ(a) - log σ(-b), a and b the rewards β · ratio.

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let a = params.beta * pair.chosen.ratio;
  let b = params.beta * pair.rejected.ratio;
  return byRatios(pair, softplus(-a) + softplus(b), -params.beta * sigmoid(-a), params.beta * sigmoid(b));
}
