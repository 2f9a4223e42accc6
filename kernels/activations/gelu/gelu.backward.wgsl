// dx = dy · (Φ(x) + x · φ(x)), φ the normal density; or, if TANH, with s = σ(2u) and
// u = √(2/π) · (x + 0.044715 x³): dx = dy · (s + x · s · (1 - s) · 2u').
//
// x, dy, dx  [count] f32, any shape; count is of vec4f where the length divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#include "elements.wgsl"
#include "gelu.share.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> dy: array<Element>;
@group(0) @binding(3) var<storage, read_write> dx: array<Element>;

fn each(i: u32) {
  let v = x[i];
  dx[i] = dy[i] * slope(v, share(v));
}
