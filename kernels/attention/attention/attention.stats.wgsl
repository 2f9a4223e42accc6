// stats[t, h] = (lse[t, h] · log2 e, Σ_d dy[t, h, d] · y[t, h, d]): per query what its gradients share.
// The second, delta, is what softmax's gradient takes off each score's.
//
// y, dy  [tokens · heads, headDim] f32, in vec4f where headDim divides by 4
// lse    [tokens · heads] f32
// stats  [tokens · heads] vec2f
//
// Parallel plan: one head of one token an invocation.

#include "elements.wgsl"

struct Params { count: u32, dim: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<Element>;
@group(0) @binding(2) var<storage, read> dy: array<Element>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;

fn each(i: u32) {
  var sum = Element(0.0);
  for (var d = i * params.dim; d < (i + 1u) * params.dim; d++) {
    sum += y[d] * dy[d];
  }
  stats[i] = vec2f(lse[i] * 1.4426950408889634, sumOf(sum));
}
