// SimPO: -(1 - ε) log σ(z) - ε log σ(-z), z = β δ - γ, δ the difference of the averaged (transformed) logps.

#include "pair-loss.forward.wgsl"

struct Params {
#include "pair-loss.params.wgsl"
  smoothing: f32, gamma: f32,
}

fn lossOf(pair: Pair) -> PairLoss {
  let e = params.smoothing;
  let z = params.beta * margin(pair) - params.gamma;
  let slope = params.beta * (e * sigmoid(z) - (1.0 - e) * sigmoid(-z));
  return byMargin(pair, (1.0 - e) * softplus(-z) + e * softplus(z), slope);
}
