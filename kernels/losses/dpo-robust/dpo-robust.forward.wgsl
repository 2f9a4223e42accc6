// Robust DPO: (-(1 - ε) log σ(β δ) + ε log σ(-β δ)) / (1 - 2 ε); unbiased where a share ε of labels is wrong.

#include "pair-loss.forward.wgsl"

struct Params {
#include "pair-loss.params.wgsl"
  smoothing: f32,
}

fn lossOf(pair: Pair) -> PairLoss {
  let e = params.smoothing;
  let z = params.beta * margin(pair);
  let loss = (1.0 - e) * softplus(-z) - e * softplus(z);
  let slope = -params.beta * ((1.0 - e) * sigmoid(-z) + e * sigmoid(z));
  return byMargin(pair, loss / (1.0 - 2.0 * e), slope / (1.0 - 2.0 * e));
}
