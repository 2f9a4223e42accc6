// Hinge: max(0, 1 - β δ); its slope by the score difference δ is -β where the loss is positive.

struct Params { count: u32, beta: f32, score: u32, power: f32 }

fn judge(pair: Pair) -> Judged {
  let short = 1.0 - params.beta * margin(pair);
  return byMargin(pair, max(short, 0.0), select(0.0, -params.beta, short > 0.0));
}
