// The chosen answers' negative log-likelihood, the mean over all their tokens, in the place of each pair's loss:
// Σ_p w_p · L with L = -Σ logps / Σ lengths over chosen. Pair p's share of it is -(Σ w / Σ n) logps_p.

struct Params { count: u32, beta: f32, score: u32, power: f32 }

fn judge(pair: Pair) -> Judged {
  var tokens = 0.0;
  var weight = 0.0;
  for (var p = 0u; p < params.count / 2u; p++) {
    if (!isPadding(p)) {
      tokens += lengths[p];
      weight += weightOf(p);
    }
  }
  let slope = -weight / max(tokens, 1.0);
  return Judged(1.0, slope * logps[pair.index], slope, 0.0, vec2f());
}
