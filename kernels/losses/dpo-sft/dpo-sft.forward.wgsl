// The chosen answers' negative log-likelihood, the mean over all their tokens, in the place of each pair's loss:
// Σ_p w_p · L with L = -Σ logps / Σ lengths over chosen. Pair p's share of it is -(Σ w / Σ n) logps_p.

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  var tokens = 0.0;
  var weight = 0.0;
  for (var p = 0u; p < params.count / 2u; p++) {
    if (!isPadding(p)) {
      tokens += lengths[p];
      weight += weightOf(p);
    }
  }
  let slope = -weight / max(tokens, 1.0);
  return PairLoss(1.0, slope * logps[pair.index], slope, 0.0, vec2f());
}
