// SAPO: loss = scale · Σ_i -(4 / τ) σ(τ (ρ - 1)) A · mask, ρ = e^(logps - oldLogps); τ by the sign of A.
// The slope by logps is -4 σ (1 - σ) ρ A: -A at ρ = 1, and it fades smoothly on both sides where PPO cuts.
// Sums kept, each times mask: 1; the gate 4 σ (1 - σ); ρ; the loss.
//
// logps, oldLogps, advantages, mask  [count] f32. A token of mask 0 does not count, whatever stands there.

#include "token-loss.forward.wgsl"

struct Params { count: u32, positive: f32, negative: f32 }
const COLUMNS = 4u;

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
  let ratio = exp(clamp(logps[i] - oldLogps[i], -80.0, 80.0));
  let a = advantages[i];
  let tau = select(params.negative, params.positive, a > 0.0);
  let t = exp(-abs(tau * (ratio - 1.0)));
  let sigmoid = select(1.0, t, ratio < 1.0) / (1.0 + t);
  let gate = 4.0 * t / ((1.0 + t) * (1.0 + t));
  return Token(-weight * gate * ratio * a, array(
    weight,
    weight * gate,
    weight * ratio,
    -weight * 4.0 / tau * sigmoid * a,
  ));
}
