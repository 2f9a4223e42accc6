// Joins 256 parts (bits of the largest |g|, scaled Σ g²) into one. The last round, with LAST, makes
//   clip = (norm, coefficient, finite, 0),  norm = s √sum,  coefficient = min(1, maxNorm / (norm + 1e-6))
// as torch.nn.utils.clip_grad_norm_ does. A maxNorm of 0, below, or infinite: 1. Where a gradient is NaN
// or infinite the norm is that, coefficient and finite are 0.
//
// parts    [rows] of (u32, f32 as u32);  totals  [ceil(rows / 256)] of the same
// maxNorm  [1] f32;  clip  [4] f32
//
// Parallel plan: a workgroup of 16 joins 256 parts: 16 a lane, then lane 0 the 16 lanes.

#include "clip-gradients.scale.wgsl"

struct Params { rows: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<vec2u>;
#if LAST
@group(0) @binding(2) var<storage, read> maxNorm: array<f32>;
@group(0) @binding(3) var<storage, read_write> clip: array<f32>;
#else
@group(0) @binding(2) var<storage, read_write> totals: array<vec2u>;
#endif

struct Part { largest: u32, sum: f32 }
var<workgroup> lanes: array<Part, 16>;

fn joined(a: Part, b: Part) -> Part {
  let largest = max(a.largest, b.largest);
  return Part(largest, a.sum * shrink(a.largest, largest) + b.sum * shrink(b.largest, largest));
}

@compute @workgroup_size(16)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let place = group.x + group.y * groups.x;
  let first = place * 256u;
  if (first >= params.rows) {
    return;
  }
  var part = Part(0u, 0.0);
  for (var row = first + lane; row < min(first + 256u, params.rows); row += 16u) {
    part = joined(part, Part(parts[row].x, bitcast<f32>(parts[row].y)));
  }
  lanes[lane] = part;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < 16u; other++) {
    part = joined(part, lanes[other]);
  }
#if LAST
  const INFINITE = 0x7f800000u;
  // The norm of finite numbers may itself be too large for f32, so bits are looked at, not compared as numbers.
  var norm = bitcast<u32>(sqrt(part.sum) / inverseScale(part.largest));
  norm = select(norm, part.largest, part.largest >= INFINITE);
  let finite = norm < INFINITE;
  let bound = maxNorm[0];
  var coefficient = 1.0;
  if (bound > 0.0 && (bitcast<u32>(bound) & 0x7fffffffu) < INFINITE) {
    coefficient = min(1.0, bound / (bitcast<f32>(norm) + 1e-6));
  }
  clip[0] = bitcast<f32>(norm);
  clip[1] = select(0.0, coefficient, finite);
  clip[2] = select(0.0, 1.0, finite);
  clip[3] = 0.0;
#else
  totals[place] = vec2u(part.largest, bitcast<u32>(part.sum));
#endif
}
