// Parts of p · (z + damping p) and of p · p; and what was r · r after the last step becomes r · r before the next.
//
// p, z  [count] vec4f;  state: conjugate-gradient.sums.wgsl
//
// Parallel plan: as conjugate-gradient.start.wgsl.

#include "conjugate-gradient.sums.wgsl"

struct Params { count: u32, size: u32, first: u32, damping: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> p: array<Element>;
@group(0) @binding(2) var<storage, read> z: array<Element>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let end = min(params.count, (group.x + 1u) * params.size);
  var sum = vec2f();
  for (var block = group.x * params.size + lane; block < end; block += 1024u) {
    var products = vec4f();
    var squares = vec4f();
    for (var i = block; i < min(end, block + 1024u); i += 64u) {
      products += p[i] * (z[i] + params.damping * p[i]);
      squares += p[i] * p[i];
    }
    sum += vec2f(sumOf(products), sumOf(squares));
  }
  let all = total(lane, sum);
  if (lane == 0u) {
    let part = params.first + group.x;
    state[part] = all.x;
    state[4u * PARTS + part] = all.y;
    state[PARTS + part] = state[2u * PARTS + part];
  }
}
