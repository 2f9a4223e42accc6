// Parts of r · kept_j for each earlier residual that is kept, to the rows DOTS + j of the state. On paper all are 0.
//
// r  [count] vec4f;  kept [KEPT, count] vec4f;  iteration [1] u32, from 0;  state: conjugate-gradient.sums.wgsl
//
// Parallel plan: as conjugate-gradient.start.wgsl, but for the sums over lanes: lane j has those of residual j.

#include "conjugate-gradient.sums.wgsl"

struct Params { count: u32, size: u32, first: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> r: array<Element>;
@group(0) @binding(2) var<storage, read> kept: array<Element>;
@group(0) @binding(3) var<storage, read> iteration: array<u32>;
@group(0) @binding(4) var<storage, read_write> state: array<f32>;

var<workgroup> products: array<f32, 64 * KEPT>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let end = min(params.count, (group.x + 1u) * params.size);
  let used = min(iteration[0] + 1u, u32(KEPT));
  var sums = array<f32, KEPT>();
  for (var i = group.x * params.size + lane; i < end; i += 64u) {
    let left = r[i];
    for (var j = 0u; j < used; j++) {
      sums[j] += dot(kept[j * params.count + i], left);
    }
  }
  for (var j = 0u; j < used; j++) {
    products[64u * j + lane] = sums[j];
  }
  workgroupBarrier();
  if (lane < used) {
    var sum = 0.0;
    for (var other = 0u; other < 64u; other++) {
      sum += products[64u * lane + other];
    }
    state[(DOTS + lane) * PARTS + params.first + group.x] = sum;
  }
}
