// APO-zero: 1 - σ(a) + σ(b), a and b the rewards β · ratio: chosen up, rejected down.

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let a = params.beta * pair.chosen.ratio;
  let b = params.beta * pair.rejected.ratio;
  let loss = sigmoid(-a) + sigmoid(b);
  return byRatios(
    pair,
    loss,
    -params.beta * sigmoid(a) * sigmoid(-a),
    params.beta * sigmoid(b) * sigmoid(-b),
  );
}
