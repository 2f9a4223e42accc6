// Shared by the kernels of this folder: sums that all workgroups of a dispatch write parts of, and those of a later
// one add up, each for itself, so that no dispatch is spent on it.
//
// state  [6 + 2 KEPT, PARTS] f32, a row a sum; parts of workgroups that there are not stay 0
//   0  p · (z + damping p)     1  r · r before the step     2  r · r after it     3  b · b     4  p · p
//   5  KEPT coefficients, no sums;   6 + j  r · kept_j;   6 + KEPT + j  kept_j · kept_j

#include "element.wgsl"
#include "totals.wgsl"

alias Sum = vec2f;
const SIZE = 64u;
const PARTS = 256u;
const COEFFICIENTS = 5u * PARTS;
const DOTS = 6u;

#if !TAKE
// A lane's share of two rows of the state.
fn shares(lane: u32, a: u32, b: u32) -> vec2f {
  var sum = vec2f();
  for (var part = lane; part < PARTS; part += 64u) {
    sum += vec2f(state[a * PARTS + part], state[b * PARTS + part]);
  }
  return sum;
}
#endif

// a / b, or 0 where there is no quotient: solved already, or a curvature that is none.
fn quotient(a: f32, b: f32) -> f32 { return select(0.0, a / b, b > 0.0); }
