// ORPO's odds ratio: -β log σ(o), o = log odds of chosen - log odds of rejected, log odds l - log(1 - e^l) of an
// averaged log-probability l, whose slope is 1 / (1 - e^l). l is clamped at -1e-7, where odds are 10⁷ to 1.
// Its own sums: log σ(o), o.

#include "pair-loss.forward.wgsl"

struct Odds { log: f32, slope: f32 }

fn odds(average: f32) -> Odds {
  let l = min(average, -1e-7);
  let t = exp(l);
  // log(1 - e^l): by the series on the side where the logarithm's argument is near 1.
  let complement = select(log1p(-min(t, 0.5)), log(-expm1(l)), t > 0.5);
  return Odds(l - complement, -1.0 / expm1(l));
}

fn lossOf(pair: Pair) -> PairLoss {
  let c = odds(pair.chosen.ratio);
  let r = odds(pair.rejected.ratio);
  let o = c.log - r.log;
  let slope = -params.beta * sigmoid(-o);
  return PairLoss(
    weightOf(pair.index),
    params.beta * softplus(-o),
    slope * c.slope,
    -slope * r.slope,
    vec2f(-softplus(-o), o),
  );
}
