// NCA for pairs: -log σ(a) - log σ(-a) / 2 - log σ(-b) / 2, a and b the rewards β · ratio.

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let a = params.beta * pair.chosen.ratio;
  let b = params.beta * pair.rejected.ratio;
  let loss = softplus(-a) + 0.5 * softplus(a) + 0.5 * softplus(b);
  let slope = 0.5 * sigmoid(a) - sigmoid(-a);
  return byRatios(pair, loss, params.beta * slope, params.beta * 0.5 * sigmoid(b));
}
