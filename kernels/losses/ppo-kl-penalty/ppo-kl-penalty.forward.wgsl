// Penalised surrogate: loss = scale · Σ_i (-ρ A + beta · kl) · mask, ρ = e^d, d = logps - oldLogps,
// kl = ρ - 1 - d: what the token, sampled from the old policy, says of KL(old ‖ new).
// The slope by logps is -ρ A + beta · (ρ - 1).
// Sums kept, each times mask: 1; kl; d² / 2; ρ; ρ A; the loss.
//
// logps, oldLogps, advantages, mask  [count] f32;  beta [1] f32. A token of mask 0 does not count, whatever stands there.

#include "token-loss.forward.wgsl"
#include "numeric.wgsl"

alias Element = f32;
struct Params { count: u32 }
const COLUMNS = 6u;

@group(0) @binding(4) var<storage, read> logps: array<f32>;
@group(0) @binding(5) var<storage, read> oldLogps: array<f32>;
@group(0) @binding(6) var<storage, read> advantages: array<f32>;
@group(0) @binding(7) var<storage, read> mask: array<f32>;
@group(0) @binding(8) var<storage, read> beta: array<f32>;

fn token(i: u32) -> Token {
  let weight = mask[i];
  if (weight == 0.0) {
    return Token();
  }
  // Within ±80 neither e^d nor its product with an advantage of 0 leaves the numbers of f32.
  let d = clamp(logps[i] - oldLogps[i], -80.0, 80.0);
  let ratio = exp(d);
  let gain = ratio * advantages[i];
  let kl = k3(d);
  return Token(weight * (beta[0] * expm1(d) - gain), array(
    weight,
    weight * kl,
    weight * 0.5 * d * d,
    weight * ratio,
    weight * gain,
    weight * (beta[0] * kl - gain),
  ));
}
