// Adds the virtual tokens that every document sees to what attention found among its own:
//   m = max(lse, s_j), y = (e^(lse - m) · y + Σ_j e^(s_j - m) · prefixV[j]) / (e^(lse - m) + Σ_j e^(s_j - m)),
// s_j = scale · q·prefixK[j]; lse becomes that of all. Scores are in powers of 2 (factor = scale · log2 e).
//
// q, y              [tokens, heads, headDim] f32, in vec4f where headDim divides by 4; y is changed in place
// prefixK, prefixV  row j begins at keyAt or valueAt + j · stride elements
// bounds            [tokens] vec2i: start and end of the token's document within its row; padding has (0, 0)
// lse               [tokens, heads] f32, changed in place
//
// A document that begins at `own` is that of the virtual tokens themselves, and is left as it is.
//
// Parallel plan: one query of one head an invocation; neighbours are heads, then tokens. DIM, a constant from
// outside, is headDim in elements.

#include "elements.wgsl"

struct Params {
  count: u32, length: u32, heads: u32, kvHeads: u32, before: i32, window: i32, own: i32,
  keyAt: u32, valueAt: u32, stride: u32, factor: f32, dim: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Element>;
@group(0) @binding(2) var<storage, read> prefixK: array<Element>;
@group(0) @binding(3) var<storage, read> prefixV: array<Element>;
@group(0) @binding(4) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(5) var<storage, read_write> y: array<Element>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

fn each(i: u32) {
  let token = i / params.heads;
  let document = bounds[token];
  if (document.x >= document.y || document.x == params.own) {
    return;
  }
  let position = params.before + i32(token % params.length) - document.x;
  let first = max(0, position - params.window + 1);
  let shift = i % params.heads * params.kvHeads / params.heads * DIM;
  var qs: array<Element, DIM>;
  var sums: array<Element, DIM>;
  for (var d = 0u; d < params.dim; d++) {
    qs[d] = q[i * DIM + d] * params.factor;
    sums[d] = y[i * DIM + d];
  }
  var m = lse[i] * 1.4426950408889634;
  var l = 1.0;
  for (var j = first; j < params.before; j++) {
    let key = params.keyAt + u32(j) * params.stride + shift;
    let value = params.valueAt + u32(j) * params.stride + shift;
    var s = 0.0;
    for (var d = 0u; d < params.dim; d++) {
      s += product(qs[d], prefixK[key + d]);
    }
    let largest = max(m, s);
    let kept = exp2(m - largest);
    let p = exp2(s - largest);
    m = largest;
    l = l * kept + p;
    for (var d = 0u; d < params.dim; d++) {
      sums[d] = sums[d] * kept + p * prefixV[value + d];
    }
  }
  for (var d = 0u; d < params.dim; d++) {
    y[i * DIM + d] = sums[d] / l;
  }
  lse[i] = (m + log2(l)) * 0.6931471805599453;
}
