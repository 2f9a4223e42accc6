// EXO for pairs: KL of q = (σ(β δ), σ(-β δ)) from (1 - ε, ε); its slope by β δ is q_w q_l (β δ - log((1 - ε) / ε)).

#include "pair-loss.forward.wgsl"

struct Params {
#include "pair-loss.params.wgsl"
  logRight: f32, logWrong: f32,
}

fn lossOf(pair: Pair) -> PairLoss {
  let z = params.beta * margin(pair);
  let q_w = sigmoid(z);
  let q_l = sigmoid(-z);
  let loss = q_w * (-softplus(-z) - params.logRight) + q_l * (-softplus(z) - params.logWrong);
  let lead = z - (params.logRight - params.logWrong);
  return byMargin(pair, loss, params.beta * q_w * q_l * lead);
}
