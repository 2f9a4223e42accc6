// Conjugate gradients for A x = b, from x = 0:  x = 0;  r = p = b = factor · gradients;  z = gradients = 0.
// Parts of b · b go to the rows 2 and 3 of the state. With START, start = parameters too; where residuals are KEPT,
// b is the first of them.
//
// gradients, x, r, p, parameters, start  [count] vec4f;  kept [KEPT, count] vec4f;  state: conjugate-gradient.sums.wgsl
//
// Parallel plan: a workgroup has a stretch of `size` quads and one part of each sum; its lanes take quads 64 apart, in
// blocks of 16, so that the rounding of long sums stays small.

#include "conjugate-gradient.sums.wgsl"

struct Params { count: u32, size: u32, first: u32, factor: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> gradients: array<Element>;
@group(0) @binding(2) var<storage, read_write> x: array<Element>;
@group(0) @binding(3) var<storage, read_write> r: array<Element>;
@group(0) @binding(4) var<storage, read_write> p: array<Element>;
@group(0) @binding(5) var<storage, read_write> state: array<f32>;
#if START
@group(0) @binding(6) var<storage, read> parameters: array<Element>;
@group(0) @binding(7) var<storage, read_write> start: array<Element>;
#endif
#if KEEP
@group(0) @binding(8) var<storage, read_write> kept: array<Element>;
#endif

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let end = min(params.count, (group.x + 1u) * params.size);
  var sum = 0.0;
  for (var block = group.x * params.size + lane; block < end; block += 1024u) {
    var part = vec4f();
    for (var i = block; i < min(end, block + 1024u); i += 64u) {
      let b = params.factor * gradients[i];
      gradients[i] = vec4f();
      x[i] = vec4f();
      r[i] = b;
      p[i] = b;
#if KEEP
      kept[i] = b;
#endif
#if START
      start[i] = parameters[i];
#endif
      part += b * b;
    }
    sum += sumOf(part);
  }
  let all = total(lane, vec2f(sum, 0.0));
  if (lane == 0u) {
    state[2u * PARTS + params.first + group.x] = all.x;
    state[3u * PARTS + params.first + group.x] = all.x;
#if KEEP
    state[(DOTS + KEPT) * PARTS + params.first + group.x] = all.x;
#endif
  }
}
