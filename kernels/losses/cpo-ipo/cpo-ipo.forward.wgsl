// IPO without a reference: (δ - 1 / (2 β))², δ the difference of the averaged (transformed) log-probabilities.

struct Params { count: u32, beta: f32, score: u32, power: f32 }

fn judge(pair: Pair) -> Judged {
  let x = margin(pair) - 0.5 / params.beta;
  return byMargin(pair, x * x, 2.0 * x);
}
