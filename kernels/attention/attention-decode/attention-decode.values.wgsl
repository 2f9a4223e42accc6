// y[b, h] = totals[b, h] · Σ over the visible keys j of weights[b, h, j] · v[b, j].
//
// vCache   [batch, capacity, kvHeads, headDim] f32, in vec4f where headDim divides by 4
// lengths  [batch] i32
// weights  [batch, heads, capacity] f32
// totals   [batch, heads] f32
// y        [batch, heads, headDim] f32
//
// Parallel plan: one element (of four numbers where possible) of y an invocation; sums in chunks of 32.

#include "element.wgsl"

struct Params { count: u32, heads: u32, kvHeads: u32, dim: u32, capacity: i32, window: i32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> vCache: array<Element>;
@group(0) @binding(2) var<storage, read> lengths: array<i32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> totals: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<Element>;

@compute @workgroup_size(32)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let i = id.x + id.y * groups.x * 32u;
  if (i >= params.count) {
    return;
  }
  let row = i / params.dim;
  let batch = row / params.heads;
  let kvHead = row % params.heads * params.kvHeads / params.heads;
  let capacity = u32(params.capacity);
  let length = min(lengths[batch], params.capacity);
  let end = u32(max(0, length));
  let stride = params.kvHeads * params.dim;
  let there = batch * capacity * stride + kvHead * params.dim + i % params.dim;
  var sum = Element(0.0);
  for (var chunk = u32(max(0, length - params.window)); chunk < end; chunk += 32u) {
    var part = Element(0.0);
    for (var key = chunk; key < min(chunk + 32u, end); key++) {
      part += weights[row * capacity + key] * vCache[there + key * stride];
    }
    sum += part;
  }
  y[i] = sum * totals[row];
}
