// dq[i] = scale Σ_j ds[i, j] · k[j], ds = p · (dy[i]·v[j] - delta[i]), p = e^(scale · q[i]·k[j] - lse[i]).
// Scores are in powers of 2 (factor = scale · log2 e).
//
// q, dy, dq [rows · length, heads, headDim] f32, in vec4f where headDim divides by 4
// k, v      [rows · length, kvHeads, headDim] f32; head h reads kvHead h / group
// bounds    [rows · length] vec2i: start and end of the token's document within its row; padding has (0, 0)
// stats     [rows · length, heads] vec2f: lse · log2 e, delta
//
// Parallel plan: one query of one head an invocation, 32 neighbours a workgroup. All of them walk the same
// keys, two at a time, so that each key is loaded at one address for all; a mask takes out what one does
// not see. DIM, a constant from outside, is headDim in elements.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"

@group(0) @binding(5) var<storage, read> dy: array<Element>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dq: array<Element>;

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
  let stat = stats[token * params.heads + head];

  var qs: array<Element, DIM>;
  var dys: array<Element, DIM>;
  var sums: array<Element, DIM>;
  for (var d = 0u; d < params.dim; d++) {
    qs[d] = q[at + d] * params.factor;
    dys[d] = dy[at + d];
    sums[d] = Element(0.0);
  }
  for (var key = keys.x; key < keys.y; key += 2) {
    let two = vec2i(key, key + 1);
    let there = kvAt + vec2u(min(two, vec2i(keys.y - 1))) * kvStride;
    var s = vec2f(0.0);
    var dp = vec2f(0.0);
    for (var d = 0u; d < params.dim; d++) {
      s += vec2f(product(qs[d], k[there.x + d]), product(qs[d], k[there.y + d]));
      dp += vec2f(product(dys[d], v[there.x + d]), product(dys[d], v[there.y + d]));
    }
    let mask = (two >= vec2i(own.x)) & (two < vec2i(own.y));
    let ds = select(vec2f(0.0), exp2(s - stat.x) * (dp - stat.y), mask);
    for (var d = 0u; d < params.dim; d++) {
      sums[d] += ds.x * k[there.x + d] + ds.y * k[there.y + d];
    }
  }
  if (query >= params.length) {
    return;
  }
  for (var d = 0u; d < params.dim; d++) {
    dq[at + d] = sums[d] * params.scale;
  }
}
