// statistics = (mean, variance, count, 1 / √(variance + eps)) of all parts together; the variance is squares / count,
// or squares / (count - 1) with UNBIASED, where count is above 1.
//
// parts       [rows] vec4f, as whiten.moments.wgsl writes them
// statistics  [4] f32
//
// Parallel plan: one workgroup; parts 64 apart a lane, then the lanes in pairs.

#include "whiten.join.wgsl"

struct Params { rows: u32, eps: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> statistics: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  var own = vec3f();
  for (var row = lane; row < params.rows; row += 64u) {
    own = joined(own, parts[row].xyz);
  }
  let all = joinedLanes(lane, own);
  if (lane > 0u) {
    return;
  }
#if UNBIASED
  let divisor = select(all.x, all.x - 1.0, all.x > 1.0);
#else
  let divisor = all.x;
#endif
  let variance = select(0.0, all.z / divisor, all.x > 0.0);
  statistics[0] = all.y;
  statistics[1] = variance;
  statistics[2] = all.x;
  statistics[3] = 1.0 / sqrt(variance + params.eps);
}
