// dk[j] = scale Σ_i ds[i, j] · q[i], dv[j] = Σ_i p[i, j] · dy[i], over the queries i that see key j, in all
// heads that read its kvHead; p = e^(scale · q[i]·k[j] - lse[i]), ds = p · (dy[i]·v[j] - delta[i]).
// Scores are in powers of 2 (factor = scale · log2 e).
//
// q, dy         [rows · length, heads, headDim] f32, in vec4f where headDim divides by 4
// k, v, dk, dv  [rows · length, kvHeads, headDim] f32; head h reads kvHead h / group
// bounds        [rows · length] vec2i: start and end of the token's document within its row; padding has (0, 0)
// stats         [rows · length, heads] vec2f: lse · log2 e, delta
//
// Parallel plan: one key of one kvHead an invocation, 32 neighbours a workgroup. All of them walk the same
// queries, so that each is loaded at one address for all; a mask takes out what does not see a key.
// DIM, a constant from outside, is headDim in elements.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"

@group(0) @binding(5) var<storage, read> dy: array<Element>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dk: array<Element>;
@group(0) @binding(8) var<storage, read_write> dv: array<Element>;

const LANES = 32;

@compute @workgroup_size(LANES)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let row = i32(group.z);
  let kvHead = group.y;
  let heads = params.heads / params.kvHeads;
  let base = i32(group.x) * LANES;
  var queries = vec2i(params.length, 0);
  for (var key = base; key < min(base + LANES, params.length); key++) {
    let seen = seeing(row, key);
    queries = vec2i(min(queries.x, seen.x), max(queries.y, seen.y));
  }
  let key = base + i32(lane);
  let own = seeing(row, min(key, params.length - 1));
  let token = u32(row * params.length + min(key, params.length - 1));
  let at = (token * params.kvHeads + kvHead) * DIM;

  var ks: array<Element, DIM>;
  var vs: array<Element, DIM>;
  var keySums: array<Element, DIM>;
  var valueSums: array<Element, DIM>;
  for (var d = 0u; d < params.dim; d++) {
    ks[d] = k[at + d] * params.factor;
    vs[d] = v[at + d];
    keySums[d] = Element(0.0);
    valueSums[d] = Element(0.0);
  }
  for (var query = queries.x; query < queries.y; query++) {
    let mask = query >= own.x && query < own.y;
    let first = u32(row * params.length + query) * params.heads + kvHead * heads;
    for (var head = first; head < first + heads; head++) {
      let there = head * DIM;
      var s = 0.0;
      var dp = 0.0;
      for (var d = 0u; d < params.dim; d++) {
        s += product(ks[d], q[there + d]);
        dp += product(vs[d], dy[there + d]);
      }
      let stat = stats[head];
      let p = select(0.0, exp2(s - stat.x), mask);
      let ds = select(0.0, p * (dp - stat.y), mask);
      for (var d = 0u; d < params.dim; d++) {
        keySums[d] += ds * q[there + d];
        valueSums[d] += p * dy[there + d];
      }
    }
  }
  if (key >= params.length) {
    return;
  }
  for (var d = 0u; d < params.dim; d++) {
    dk[at + d] = keySums[d] * params.scale;
    dv[at + d] = valueSums[d];
  }
}
