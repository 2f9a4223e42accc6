// CPO: -(1 - ε) log σ(β δ) - ε log σ(-β δ), δ the difference of the (transformed) log-probabilities.

struct Params { count: u32, beta: f32, score: u32, power: f32, smoothing: f32 }

fn judge(pair: Pair) -> Judged {
  let e = params.smoothing;
  let z = params.beta * margin(pair);
  let slope = params.beta * (e * sigmoid(z) - (1.0 - e) * sigmoid(-z));
  return byMargin(pair, (1.0 - e) * softplus(-z) + e * softplus(z), slope);
}
