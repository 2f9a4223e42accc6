// dq += scale Σ_j ds_j · prefixK[j], over the virtual tokens in sight; ds_j = p_j · (dy·prefixV[j] - delta),
// p_j = e^(scale · q·prefixK[j] - lse). Scores are in powers of 2 (factor = scale · log2 e).
//
// q, dy, dq         [tokens, heads, headDim] f32, in vec4f where headDim divides by 4; dq is added to
// prefixK, prefixV  row j begins at keyAt or valueAt + j · stride elements
// bounds            [tokens] vec2i: start and end of the token's document within its row; padding has (0, 0)
// stats             [tokens, heads] vec2f: lse · log2 e, delta
//
// Parallel plan: one query of one head an invocation. DIM, a constant from outside, is headDim in elements.

#include "elements.wgsl"

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
@group(0) @binding(7) var<storage, read_write> dq: array<Element>;

fn each(i: u32) {
  let token = i / params.heads;
  let document = bounds[token];
  if (document.x >= document.y || document.x == params.own) {
    return;
  }
  let position = params.before + i32(token % params.length) - document.x;
  let first = max(0, position - params.window + 1);
  let shift = i % params.heads * params.kvHeads / params.heads * DIM;
  let stat = stats[i];
  var sums: array<Element, DIM>;
  for (var d = 0u; d < params.dim; d++) {
    sums[d] = Element(0.0);
  }
  for (var j = first; j < params.before; j++) {
    let key = params.keyAt + u32(j) * params.stride + shift;
    let value = params.valueAt + u32(j) * params.stride + shift;
    var s = 0.0;
    var dp = 0.0;
    for (var d = 0u; d < params.dim; d++) {
      s += product(q[i * DIM + d], prefixK[key + d]);
      dp += product(dy[i * DIM + d], prefixV[value + d]);
    }
    let ds = exp2(s * params.factor - stat.x) * (dp - stat.y);
    for (var d = 0u; d < params.dim; d++) {
      sums[d] += ds * prefixK[key + d];
    }
  }
  for (var d = 0u; d < params.dim; d++) {
    dq[i * DIM + d] += sums[d] * params.scale;
  }
}
