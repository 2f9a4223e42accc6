// scores[b, h, j] = scale · log2 e · q[b, h]·k[b, j], for the keys j that the one query of sequence b sees:
// max(0, length - window) ≤ j < length. The others are left as they are.
//
// q        [batch, heads, headDim] f32, in vec4f where headDim divides by 4
// kCache   [batch, capacity, kvHeads, headDim] f32; head h reads kvHead h / group
// lengths  [batch] i32
// scores   [batch, heads, capacity] f32
//
// Parallel plan: one key of one head an invocation; workgroups past the end of a sequence stop at once.

#include "element.wgsl"

struct Params { heads: u32, kvHeads: u32, dim: u32, capacity: i32, window: i32, factor: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Element>;
@group(0) @binding(2) var<storage, read> kCache: array<Element>;
@group(0) @binding(3) var<storage, read> lengths: array<i32>;
@group(0) @binding(4) var<storage, read_write> scores: array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let head = id.y;
  let batch = id.z;
  let length = min(lengths[batch], params.capacity);
  let key = i32(id.x);
  if (key >= length || key < length - params.window) {
    return;
  }
  let at = (batch * params.heads + head) * params.dim;
  let kvHead = head * params.kvHeads / params.heads;
  let there = ((batch * u32(params.capacity) + id.x) * params.kvHeads + kvHead) * params.dim;
  var sum = 0.0;
  for (var d = 0u; d < params.dim; d++) {
    sum += product(q[at + d], kCache[there + d]);
  }
  scores[(batch * params.heads + head) * u32(params.capacity) + id.x] = sum * params.factor;
}
