// CISPO: loss = scale · Σ_i -min(ρ, cap) A logps · mask, ρ = e^(ratioLogps - oldLogps), without gradient through ρ.
// So no token's slope is ever taken away; only its weight is clipped at the cap.
// Sums kept, each times mask: 1; ρ above the cap and A > 0; the loss.
//
// logps, ratioLogps, oldLogps, advantages, mask  [count] f32. A token of mask 0 does not count,
// whatever stands there.

#include "token-loss.forward.wgsl"

struct Params { count: u32, cap: f32 }
const COLUMNS = 3u;

@group(0) @binding(4) var<storage, read> logps: array<f32>;
@group(0) @binding(5) var<storage, read> ratioLogps: array<f32>;
@group(0) @binding(6) var<storage, read> oldLogps: array<f32>;
@group(0) @binding(7) var<storage, read> advantages: array<f32>;
@group(0) @binding(8) var<storage, read> mask: array<f32>;

fn token(i: u32) -> Token {
  let weight = mask[i];
  if (weight == 0.0) {
    return Token();
  }
  if (!allFinite(vec4f(logps[i], ratioLogps[i], oldLogps[i], advantages[i]))) {
    return brokenToken();
  }
  let ratio = exp(clamp(ratioLogps[i] - oldLogps[i], -80.0, 80.0));
  let a = advantages[i];
  let slope = -weight * min(ratio, params.cap) * a;
  return Token(slope, array(
    weight,
    select(0.0, weight, ratio > params.cap && a > 0.0),
    slope * logps[i],
  ));
}
