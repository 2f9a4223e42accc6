// Entropy bonus: loss = -scale · Σ_i entropy mask / max(1, Σ mask); its slope is -mask / max(1, Σ mask).
// Sums kept: Σ mask; Σ entropy mask; the loss.
//
// entropy, mask  [count] f32;  total [1] f32: max(1, Σ mask). A token of mask 0 does not count, whatever stands there.

#include "token-loss.forward.wgsl"

struct Params { count: u32 }
const COLUMNS = 3u;

@group(0) @binding(4) var<storage, read> entropy: array<f32>;
@group(0) @binding(5) var<storage, read> mask: array<f32>;
@group(0) @binding(6) var<storage, read> total: array<f32>;

fn token(i: u32) -> Token {
  let weight = mask[i];
  if (weight == 0.0) {
    return Token();
  }
  if (!allFinite(vec4f(entropy[i], 0.0, 0.0, 0.0))) {
    return brokenToken();
  }
  let slope = -weight / total[0];
  return Token(slope, array(weight, weight * entropy[i], slope * entropy[i]));
}
