// With a = r · r / p · (z + damping p):  x ← x + a p;  r ← r - a (z + damping p);  z ← 0, for the next product.
// Parts of the new r · r go to row 2 of the state.
//
// p, z, x, r  [count] vec4f;  state: conjugate-gradient.sums.wgsl
//
// Parallel plan: as conjugate-gradient.start.wgsl.

#include "conjugate-gradient.sums.wgsl"

struct Params { count: u32, size: u32, first: u32, damping: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> p: array<Element>;
@group(0) @binding(2) var<storage, read_write> z: array<Element>;
@group(0) @binding(3) var<storage, read_write> x: array<Element>;
@group(0) @binding(4) var<storage, read_write> r: array<Element>;
@group(0) @binding(5) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let sums = total(lane, shares(lane, 0u, 1u));
  let a = quotient(sums.y, sums.x);
  let end = min(params.count, (group.x + 1u) * params.size);
  var sum = 0.0;
  for (var block = group.x * params.size + lane; block < end; block += 1024u) {
    var part = vec4f();
    for (var i = block; i < min(end, block + 1024u); i += 64u) {
      let left = r[i] - a * (z[i] + params.damping * p[i]);
      x[i] += a * p[i];
      r[i] = left;
      z[i] = vec4f();
      part += left * left;
    }
    sum += sumOf(part);
  }
  let all = total(lane, vec2f(sum, 0.0));
  if (lane == 0u) {
    state[2u * PARTS + params.first + group.x] = all.x;
  }
}
