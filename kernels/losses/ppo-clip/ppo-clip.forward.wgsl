// Clipped surrogate: loss = scale · Σ_i -min(min(ρ, cap) A, clip(ρ, low, high) A) · mask, ρ = e^(logps - oldLogps).
// The slope by logps is -ρ A where the arm that counts moves with ρ, else 0.
// Sums kept, each times mask: 1; clipped below (ρ < low, A < 0); clipped above (ρ > high, A > 0);
// (logps - oldLogps)² / 2; ρ; the loss.
//
// logps, oldLogps, advantages, mask  [count] f32. A token of mask 0 does not count, whatever stands there.

#include "token-loss.forward.wgsl"

struct Params { count: u32, low: f32, high: f32, cap: f32 }
const COLUMNS = 6u;

@group(0) @binding(4) var<storage, read> logps: array<f32>;
@group(0) @binding(5) var<storage, read> oldLogps: array<f32>;
@group(0) @binding(6) var<storage, read> advantages: array<f32>;
@group(0) @binding(7) var<storage, read> mask: array<f32>;

fn token(i: u32) -> Token {
  let weight = mask[i];
  if (weight == 0.0) {
    return Token();
  }
  if (!allFinite(vec4f(logps[i], oldLogps[i], advantages[i], 0.0))) {
    return brokenToken();
  }
  // Within ±80 neither e^d nor its product with an advantage of 0 leaves the numbers of f32.
  let d = clamp(logps[i] - oldLogps[i], -80.0, 80.0);
  let ratio = exp(d);
  let a = advantages[i];
  let below = ratio < params.low && a < 0.0;
  let above = ratio > params.high && a > 0.0;
  let loss = -weight * min(min(ratio, params.cap) * a, clamp(ratio, params.low, params.high) * a);
  // The cap takes the slope of the unclipped arm; inside the range a negative advantage keeps the clipped one's.
  let capped = ratio > params.cap && !(a < 0.0 && ratio <= params.high);
  let slope = select(-weight * ratio * a, 0.0, below || above || capped);
  return Token(slope, array(
    weight,
    select(0.0, weight, below),
    select(0.0, weight, above),
    weight * 0.5 * d * d,
    weight * ratio,
    loss,
  ));
}
