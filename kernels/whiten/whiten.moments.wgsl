// Count, mean and sum of squares about the mean of 1024 tokens, each token weighing mask:
//   parts[g] = (Σ m, Σ m x / Σ m, Σ m (x - mean)²) over 1024 g <= i < 1024 (g + 1)
// A token of mask 0 does not count, whatever stands there.
//
// x, mask  [count] f32;  parts [ceil(count / 1024)] vec4f, the last number unused
//
// Parallel plan: 16 tokens a lane, 64 apart, twice: for their mean, then about it. Lanes are joined in pairs.

#include "whiten.join.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let block = group.x + group.y * groups.x;
  if (block * 1024u >= params.count) {
    return;
  }
  let end = min(params.count, (block + 1u) * 1024u);
  var weight = 0.0;
  var sum = 0.0;
  for (var i = block * 1024u + lane; i < end; i += 64u) {
    if (mask[i] != 0.0) {
      weight += mask[i];
      sum += mask[i] * x[i];
    }
  }
  let mean = select(0.0, sum / weight, weight > 0.0);
  var squares = 0.0;
  for (var i = block * 1024u + lane; i < end; i += 64u) {
    if (mask[i] != 0.0) {
      squares += mask[i] * (x[i] - mean) * (x[i] - mean);
    }
  }
  let all = joinedLanes(lane, vec3f(weight, mean, squares));
  if (lane == 0u) {
    parts[block] = vec4f(all, 0.0);
  }
}
