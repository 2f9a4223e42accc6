// r ← r - Σ_j coefficients_j kept_j: orthogonal to all residuals that are kept, and now kept itself, in place of the
// oldest where there is no room. Parts of its r · r go to row 2 of the state and to its own.
//
// r  [count] vec4f;  kept [KEPT, count] vec4f;  iteration [1] u32, from 0;  state: conjugate-gradient.sums.wgsl
//
// Parallel plan: as conjugate-gradient.start.wgsl.

#include "conjugate-gradient.sums.wgsl"

struct Params { count: u32, size: u32, first: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> r: array<Element>;
@group(0) @binding(2) var<storage, read_write> kept: array<Element>;
@group(0) @binding(3) var<storage, read> iteration: array<u32>;
@group(0) @binding(4) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let end = min(params.count, (group.x + 1u) * params.size);
  let used = min(iteration[0] + 1u, u32(KEPT));
  let slot = (iteration[0] + 1u) % u32(KEPT);
  var sum = 0.0;
  for (var block = group.x * params.size + lane; block < end; block += 1024u) {
    var part = vec4f();
    for (var i = block; i < min(end, block + 1024u); i += 64u) {
      var left = r[i];
      for (var j = 0u; j < used; j++) {
        left -= state[COEFFICIENTS + j] * kept[j * params.count + i];
      }
      r[i] = left;
      kept[slot * params.count + i] = left;
      part += left * left;
    }
    sum += sumOf(part);
  }
  let all = total(lane, vec2f(sum, 0.0));
  if (lane == 0u) {
    state[2u * PARTS + params.first + group.x] = all.x;
    state[(DOTS + KEPT + slot) * PARTS + params.first + group.x] = all.x;
  }
}
