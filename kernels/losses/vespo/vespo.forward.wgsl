// VESPO: loss = scale · Σ_i -φ A logps · mask, without gradient through φ, the weight of the token's sequence.
// Sums kept, each times mask: 1; φ; the loss.
//
// logps, phi, advantages, mask  [count] f32. A token of mask 0 does not count, whatever stands there.

#include "token-loss.forward.wgsl"

struct Params { count: u32 }
const COLUMNS = 3u;

@group(0) @binding(4) var<storage, read> logps: array<f32>;
@group(0) @binding(5) var<storage, read> phi: array<f32>;
@group(0) @binding(6) var<storage, read> advantages: array<f32>;
@group(0) @binding(7) var<storage, read> mask: array<f32>;

fn token(i: u32) -> Token {
  let weight = mask[i];
  if (weight == 0.0) {
    return Token();
  }
  if (!allFinite(vec4f(logps[i], phi[i], advantages[i], 0.0))) {
    return brokenToken();
  }
  let slope = -weight * phi[i] * advantages[i];
  return Token(slope, array(weight, weight * phi[i], slope * logps[i]));
}
