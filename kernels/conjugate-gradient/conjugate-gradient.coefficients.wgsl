// coefficients_j = r · kept_j / kept_j · kept_j: how much of each kept residual has come into the new one by rounding.
//
// state: conjugate-gradient.sums.wgsl
//
// Parallel plan: a workgroup a kept residual.

#include "conjugate-gradient.sums.wgsl"

@group(0) @binding(0) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let sums = total(lane, shares(lane, DOTS + group.x, DOTS + KEPT + group.x));
  if (lane == 0u) {
    state[COEFFICIENTS + group.x] = quotient(sums.x, sums.y);
  }
}
