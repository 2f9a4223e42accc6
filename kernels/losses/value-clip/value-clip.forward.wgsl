// Value loss: loss = scale · Σ_i ½ (v - R)² · mask; with CLIPPED
//             loss = scale · Σ_i ½ max((v - R)², (clip(v, old - range, old + range) - R)²) · mask.
// The slope by v is v - R where the unclipped square is the greater (or equal), else 0: the clipped one
// does not move with v. Inside the range both squares are the same.
// Sums kept, each times mask: 1; the clipped square is the greater; (v - R)²; v; R; R²; the loss.
//
// values, returns, oldValues (with CLIPPED), mask  [count] f32. A token of mask 0 does not count,
// whatever stands there.

#include "token-loss.forward.wgsl"

struct Params { count: u32, range: f32 }
const COLUMNS = 7u;

@group(0) @binding(4) var<storage, read> values: array<f32>;
@group(0) @binding(5) var<storage, read> returns: array<f32>;
@group(0) @binding(6) var<storage, read> mask: array<f32>;
#if CLIPPED
@group(0) @binding(7) var<storage, read> oldValues: array<f32>;
#endif

fn token(i: u32) -> Token {
  let weight = mask[i];
  if (weight == 0.0) {
    return Token();
  }
#if CLIPPED
  let old = oldValues[i];
#else
  let old = 0.0;
#endif
  if (!allFinite(vec4f(values[i], returns[i], old, 0.0))) {
    return brokenToken();
  }
  let error = values[i] - returns[i];
  let square = error * error;
  var worse = square;
#if CLIPPED
  let clippedError = clamp(values[i], old - params.range, old + params.range) - returns[i];
  worse = max(square, clippedError * clippedError);
#endif
  let clipped = worse > square;
  return Token(select(weight * error, 0.0, clipped), array(
    weight,
    select(0.0, weight, clipped),
    weight * square,
    weight * values[i],
    weight * returns[i],
    weight * returns[i] * returns[i],
    weight * 0.5 * worse,
  ));
}
