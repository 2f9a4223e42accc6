// APO-down: σ(a) + 1 - σ(a - b), a and b the rewards β · ratio: chosen down, rejected further down.

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let a = params.beta * pair.chosen.ratio;
  let x = params.beta * (pair.chosen.ratio - pair.rejected.ratio);
  let apart = sigmoid(x) * sigmoid(-x);
  return byRatios(
    pair,
    sigmoid(a) + sigmoid(-x),
    params.beta * (sigmoid(a) * sigmoid(-a) - apart),
    params.beta * apart,
  );
}
