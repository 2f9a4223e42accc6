// Dynamic fine-tuning: loss = -scale · Σ_i weights[i] · p_i · logps[i], p_i = e^logps[i] without gradient.
// Sums kept: Σ weights; Σ -weights · logps; Σ -weights · p · logps.
//
// logps, weights  [count] f32. A token of weight 0 does not count, whatever stands there.

#include "token-loss.forward.wgsl"

struct Params { count: u32 }
const COLUMNS = 3u;

@group(0) @binding(4) var<storage, read> logps: array<f32>;
@group(0) @binding(5) var<storage, read> weights: array<f32>;

fn token(i: u32) -> Token {
  let weight = weights[i];
  if (weight == 0.0) {
    return Token();
  }
  if (!allFinite(vec4f(logps[i], 0.0, 0.0, 0.0))) {
    return brokenToken();
  }
  let slope = -weight * exp(logps[i]);
  return Token(slope, array(weight, -weight * logps[i], slope * logps[i]));
}
