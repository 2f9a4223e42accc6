// y = f(x), number by number: relu, max(0, x); tanh; or else silu, x · σ(x). If GRADIENT, y = dy · f'(x).
//
// x, dy, y  [count] f32, any shape; count is of vec4f where the length divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#include "elements.wgsl"
#include "numeric.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;
#if GRADIENT
@group(0) @binding(3) var<storage, read> dy: array<Element>;
#endif

#if TANH
fn value(v: Element) -> Element { return tangent(v); }
#elif RELU
fn value(v: Element) -> Element { return max(v, Element(0.0)); }
#else
fn value(v: Element) -> Element { return v * sigmoid(v); }
#endif

#if TANH
fn slope(v: Element) -> Element {
  let e = exp(-2.0 * abs(v));
  return 4.0 * e / ((1.0 + e) * (1.0 + e));
}
#elif RELU
fn slope(v: Element) -> Element { return select(Element(0.0), Element(1.0), v > Element(0.0)); }
#else
fn slope(v: Element) -> Element {
  let s = sigmoid(v);
  return s * (1.0 + v * (1.0 - s));
}
#endif

fn each(i: u32) {
#if GRADIENT
  y[i] = dy[i] * slope(x[i]);
#else
  y[i] = value(x[i]);
#endif
}
