// CPO: -(1 - ε) log σ(β δ) - ε log σ(-β δ), δ the difference of the (transformed) log-probabilities.

#include "pair-loss.forward.wgsl"

struct Params {
#include "pair-loss.params.wgsl"
  smoothing: f32,
}

fn lossOf(pair: Pair) -> PairLoss {
  let e = params.smoothing;
  let z = params.beta * margin(pair);
  let slope = params.beta * (e * sigmoid(z) - (1.0 - e) * sigmoid(-z));
  return byMargin(pair, (1.0 - e) * softplus(-z) + e * softplus(z), slope);
}
