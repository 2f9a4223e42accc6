// y[i] = Σ_j p[i, j] · v[j], p = softmax over the visible keys j of scale · q[i]·k[j], each head by itself.
// Online: m is the largest score so far, l the sum of e^(score - m); lse = m + log l is kept for the gradient.
// Scores are in powers of 2 (factor = scale · log2 e).
//
// q, y    [rows · length, heads, headDim] f32, in vec4f where headDim divides by 4
// k, v    [rows · length, kvHeads, headDim] f32; head h reads kvHead h / group
// bounds  [rows · length] vec2i: start and end of the token's document within its row; padding has (0, 0)
// lse     [rows · length, heads] f32; 0 for padding
//
// Parallel plan: one query of one head an invocation, 32 neighbours a workgroup. All of them walk the same
// keys, four at a time, so that each key is loaded at one address for all; a mask takes out what one does
// not see. DIM, a constant from outside, is headDim in elements.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"

@group(0) @binding(5) var<storage, read_write> y: array<Element>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

const LANES = 32;

@compute @workgroup_size(LANES)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let row = i32(group.z);
  let head = group.y;
  let kvHead = head * params.kvHeads / params.heads;
  let base = i32(group.x) * LANES;
  var keys = vec2i(params.length, 0);
  for (var query = base; query < min(base + LANES, params.length); query++) {
    let seen = visible(row, query);
    keys = vec2i(min(keys.x, seen.x), max(keys.y, seen.y));
  }
  let query = base + i32(lane);
  let own = visible(row, min(query, params.length - 1));
  let token = u32(row * params.length + min(query, params.length - 1));
  let at = (token * params.heads + head) * DIM;
  let kvStride = params.kvHeads * DIM;
  let kvAt = u32(row * params.length) * kvStride + kvHead * DIM;

  var qs: array<Element, DIM>;
  var sums: array<Element, DIM>;
  for (var d = 0u; d < params.dim; d++) {
    qs[d] = q[at + d] * params.factor;
    sums[d] = Element(0.0);
  }
  var m = -1e30;
  var l = 0.0;
  for (var key = keys.x; key < keys.y; key += 4) {
    let four = vec4i(key, key + 1, key + 2, key + 3);
    let there = kvAt + vec4u(min(four, vec4i(keys.y - 1))) * kvStride;
    var s = vec4f(0.0);
    for (var d = 0u; d < params.dim; d++) {
      s += vec4f(
        product(qs[d], k[there.x + d]),
        product(qs[d], k[there.y + d]),
        product(qs[d], k[there.z + d]),
        product(qs[d], k[there.w + d]),
      );
    }
    let mask = (four >= vec4i(own.x)) & (four < vec4i(own.y));
    s = select(vec4f(-1e30), s, mask);
    let largest = max(m, max(max(s.x, s.y), max(s.z, s.w)));
    let p = select(vec4f(0.0), exp2(s - largest), mask);
    let kept = exp2(m - largest);
    m = largest;
    l = l * kept + ((p.x + p.y) + (p.z + p.w));
    for (var d = 0u; d < params.dim; d++) {
      sums[d] = sums[d] * kept +
        ((p.x * v[there.x + d] + p.y * v[there.y + d]) + (p.z * v[there.z + d] + p.w * v[there.w + d]));
    }
  }
  if (query >= params.length) {
    return;
  }
  let scale = select(0.0, 1.0 / l, l > 0.0);
  for (var d = 0u; d < params.dim; d++) {
    y[at + d] = sums[d] * scale;
  }
  lse[token * params.heads + head] = select(0.0, (m + log2(l)) * 0.6931471805599453, l > 0.0);
}
