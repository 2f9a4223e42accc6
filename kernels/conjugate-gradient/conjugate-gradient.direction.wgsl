// The next direction:  p ← r + (r · r after the step / r · r before it) p;  with TAKE instead p = x: the solution's own
// curvature is asked for next.
//
// r (x with TAKE), p  [count] vec4f;  state: conjugate-gradient.sums.wgsl
//
// Parallel plan: as conjugate-gradient.start.wgsl.

#include "conjugate-gradient.sums.wgsl"

struct Params { count: u32, size: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> r: array<Element>;
@group(0) @binding(2) var<storage, read_write> p: array<Element>;
#if !TAKE
@group(0) @binding(3) var<storage, read> state: array<f32>;
#endif

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let end = min(params.count, (group.x + 1u) * params.size);
#if TAKE
  for (var i = group.x * params.size + lane; i < end; i += 64u) {
    p[i] = r[i];
  }
#else
  let sums = total(lane, shares(lane, 1u, 2u));
  let b = quotient(sums.y, sums.x);
  for (var i = group.x * params.size + lane; i < end; i += 64u) {
    p[i] = r[i] + b * p[i];
  }
#endif
}
