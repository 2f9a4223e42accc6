// For 64 tokens at a time, in all heads that read a kvHead:
//   parts[chunk, j] = (scale Σ_i ds_ij · q[i], Σ_i p_ij · dy[i]), the gradients of a virtual token's key and value;
// p_ij = e^(scale · q[i]·prefixK[j] - lse[i]), ds_ij = p_ij · (dy[i]·prefixV[j] - delta[i]), 0 where i does not
// see j. Scores are in powers of 2 (factor = scale · log2 e).
//
// q, dy             [tokens, heads, headDim] f32, in vec4f where headDim divides by 4
// prefixK, prefixV  row j begins at keyAt or valueAt + j · stride elements
// bounds            [tokens] vec2i: start and end of the token's document within its row; padding has (0, 0)
// stats             [tokens, heads] vec2f: lse · log2 e, delta
// parts             [chunks, virtual, 2, kvHeads, headDim] f32
//
// Parallel plan: one virtual token of one kvHead an invocation, 32 neighbours a workgroup: all walk the same
// queries, so that each is loaded at one address for all. DIM, a constant from outside, is headDim in elements.

#include "element.wgsl"

struct Params {
  count: u32, length: u32, heads: u32, kvHeads: u32, before: i32, window: i32, own: i32,
  keyAt: u32, valueAt: u32, stride: u32, factor: f32, scale: f32, dim: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Element>;
@group(0) @binding(2) var<storage, read> prefixK: array<Element>;
@group(0) @binding(3) var<storage, read> prefixV: array<Element>;
@group(0) @binding(4) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(5) var<storage, read> dy: array<Element>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> parts: array<Element>;

const CHUNK = 64u;

@compute @workgroup_size(32)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let chunk = group.x;
  let kvHead = group.y;
  let heads = params.heads / params.kvHeads;
  let j = i32(group.z * 32u + lane);
  let row = u32(min(j, params.before - 1)) * params.stride + kvHead * DIM;
  var ks: array<Element, DIM>;
  var vs: array<Element, DIM>;
  var keySums: array<Element, DIM>;
  var valueSums: array<Element, DIM>;
  for (var d = 0u; d < params.dim; d++) {
    ks[d] = prefixK[params.keyAt + row + d] * params.factor;
    vs[d] = prefixV[params.valueAt + row + d];
    keySums[d] = Element(0.0);
    valueSums[d] = Element(0.0);
  }
  let tokens = params.count / params.heads;
  for (var token = chunk * CHUNK; token < min(tokens, (chunk + 1u) * CHUNK); token++) {
    let document = bounds[token];
    if (document.x >= document.y || document.x == params.own) {
      continue;
    }
    let position = params.before + i32(token % params.length) - document.x;
    let mask = position - j < params.window;
    let first = token * params.heads + kvHead * heads;
    for (var head = first; head < first + heads; head++) {
      var s = 0.0;
      var dp = 0.0;
      for (var d = 0u; d < params.dim; d++) {
        s += product(ks[d], q[head * DIM + d]);
        dp += product(vs[d], dy[head * DIM + d]);
      }
      let stat = stats[head];
      let p = select(0.0, exp2(s - stat.x), mask);
      let ds = select(0.0, p * (dp - stat.y), mask);
      for (var d = 0u; d < params.dim; d++) {
        keySums[d] += ds * q[head * DIM + d];
        valueSums[d] += p * dy[head * DIM + d];
      }
    }
  }
  if (j >= params.before) {
    return;
  }
  let width = params.kvHeads * DIM;
  let at = (chunk * u32(params.before) + u32(j)) * 2u * width + kvHead * DIM;
  for (var d = 0u; d < params.dim; d++) {
    parts[at + d] = keySums[d] * params.scale;
    parts[at + width + d] = valueSums[d];
  }
}
