// numbers = (p · (z + damping p), |p|, |r|, |b|): after TAKE and one more product, p is the solution.
//
// state: conjugate-gradient.sums.wgsl;  numbers [4] f32
//
// Parallel plan: one workgroup.

#include "conjugate-gradient.sums.wgsl"

@group(0) @binding(0) var<storage, read> state: array<f32>;
@group(0) @binding(1) var<storage, read_write> numbers: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  let own = total(lane, shares(lane, 0u, 4u));
  let others = total(lane, shares(lane, 2u, 3u));
  if (lane == 0u) {
    numbers[0] = own.x;
    numbers[1] = sqrt(own.y);
    numbers[2] = sqrt(others.x);
    numbers[3] = sqrt(others.y);
  }
}
