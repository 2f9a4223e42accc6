// DiscoPOP: (1 - m) · -log σ(z) + m e^-z, z = β δ, m = σ(z / τ). m e^-z is one exponential, log σ(z / τ) - z:
// far behind, e^-z alone would leave the numbers of f32 where m is 0.

#include "pair-loss.forward.wgsl"

struct Params {
#include "pair-loss.params.wgsl"
  tau: f32,
}

fn lossOf(pair: Pair) -> PairLoss {
  let z = params.beta * margin(pair);
  let u = z / params.tau;
  let m = sigmoid(u);
  let rest = sigmoid(-u);
  let exponential = exp(min(-softplus(-u) - z, 80.0));
  let logistic = softplus(-z);
  let slope = rest / params.tau * (exponential - m * logistic) - rest * sigmoid(-z) - exponential;
  return byMargin(pair, rest * logistic + exponential, params.beta * slope);
}
