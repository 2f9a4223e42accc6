// DPO: -log σ(β δ), δ the difference of the scores; its slope by δ is -β σ(-β δ).

struct Params { count: u32, beta: f32, score: u32, power: f32 }

fn judge(pair: Pair) -> Judged {
  let z = params.beta * margin(pair);
  return byMargin(pair, softplus(-z), -params.beta * sigmoid(-z));
}
