// y = x · Φ(x), Φ the normal distribution; or, if TANH, x · σ(2u) with u = √(2/π) · (x + 0.044715 x³),
// which is ½ x (1 + tanh u) without tanh's error near 0.
//
// x, y  [count] f32, any shape; count is of vec4f where the length divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#include "elements.wgsl"
#include "gelu.share.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;

fn each(i: u32) {
  let v = x[i];
  y[i] = v * share(v);
}
