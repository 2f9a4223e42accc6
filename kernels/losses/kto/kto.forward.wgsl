// KTO: loss = scale · Σ_i w_d (1 - σ(β (r_i - z))) of desirable answers, w_u (1 - σ(β (z - r_i))) of undesirable ones,
// r = logps - refLogps. With MISMATCHED z = max(0, mean of klLogps - refKlLogps), without gradient; else z is 0.
// Slopes by logps: -w_d β σ(x) σ(-x) and +w_u β σ(x) σ(-x), x the argument of σ.
// Sums kept: desirable, undesirable answers; β r of either; logps of either; z once; the loss.
//
// logps, refLogps, labels, klLogps, refKlLogps  [count] f32; a label is 1 (desirable), 0, or negative: padding, which
// does not count, whatever stands there, and stands last.

#include "token-loss.forward.wgsl"
#include "numeric.wgsl"

alias Element = f32;
struct Params { count: u32, beta: f32, desirable: f32, undesirable: f32 }
const COLUMNS = 8u;

@group(0) @binding(4) var<storage, read> logps: array<f32>;
@group(0) @binding(5) var<storage, read> refLogps: array<f32>;
@group(0) @binding(6) var<storage, read> labels: array<f32>;
#if MISMATCHED
@group(0) @binding(7) var<storage, read> klLogps: array<f32>;
@group(0) @binding(8) var<storage, read> refKlLogps: array<f32>;
#endif

// Every invocation adds all rows, in blocks of 16 to keep digits: they are few.
fn baseline() -> f32 {
#if MISMATCHED
  var total = 0.0;
  var rows = 0.0;
  var finite = true;
  for (var first = 0u; first < params.count; first += 16u) {
    var sum = 0.0;
    for (var i = first; i < min(params.count, first + 16u); i++) {
      if (labels[i] >= 0.0) {
        finite = finite && allFinite(vec4f(klLogps[i], refKlLogps[i], 0.0, 0.0));
        sum += klLogps[i] - refKlLogps[i];
        rows += 1.0;
      }
    }
    total += sum;
  }
  if (!finite) {
    return notANumber(total);
  }
  return max(total / max(rows, 1.0), 0.0);
#else
  return 0.0;
#endif
}

fn token(i: u32) -> Token {
  if (labels[i] < 0.0) {
    return Token();
  }
  let z = baseline();
  if (!allFinite(vec4f(logps[i], refLogps[i], z, 0.0))) {
    return brokenToken();
  }
  let ratio = logps[i] - refLogps[i];
  let good = labels[i] > 0.0;
  let sign = select(-1.0, 1.0, good);
  let weight = select(params.undesirable, params.desirable, good);
  let x = sign * params.beta * (ratio - z);
  let one = vec2f(select(0.0, 1.0, good), select(1.0, 0.0, good));
  let reward = params.beta * select(vec2f(0.0, ratio), vec2f(ratio, 0.0), good);
  let logp = select(vec2f(0.0, logps[i]), vec2f(logps[i], 0.0), good);
  return Token(-sign * weight * params.beta * sigmoid(x) * sigmoid(-x), array(
    one.x, one.y, reward.x, reward.y, logp.x, logp.y,
    select(0.0, z, i == 0u),
    weight * sigmoid(-x),
  ));
}
