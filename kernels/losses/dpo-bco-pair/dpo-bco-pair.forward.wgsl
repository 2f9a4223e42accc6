// BCO for pairs: -log σ(a) - log σ(-b), a and b the rewards β · ratio.

struct Params { count: u32, beta: f32, score: u32, power: f32 }

fn judge(pair: Pair) -> Judged {
  let a = params.beta * pair.chosen.ratio;
  let b = params.beta * pair.rejected.ratio;
  return byRatios(pair, softplus(-a) + softplus(b), -params.beta * sigmoid(-a), params.beta * sigmoid(b));
}
