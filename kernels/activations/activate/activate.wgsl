// y = f(x), number by number: relu, max(0, x); tanh, by its series near 0, where the built-in is coarse; or else
// silu, x · σ(x). If GRADIENT, y = dy · f'(x).
//
// x, dy, y  [count] f32, any shape; count is of vec4f where the length divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#if VEC4
alias Element = vec4f;
#else
alias Element = f32;
#endif

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;
#if GRADIENT
@group(0) @binding(3) var<storage, read> dy: array<Element>;
#endif

#if TANH
fn value(v: Element) -> Element {
  let z = v * v;
  let near = v * (1.0 + z * (-0.3333333333 + z * (0.1333333333 + z * (-0.0539682540 + z * 0.0218694885))));
  let e = exp(-2.0 * abs(v));
  return select(sign(v) * (1.0 - e) / (1.0 + e), near, abs(v) < Element(0.25));
}
#elif RELU
fn value(v: Element) -> Element { return max(v, Element(0.0)); }
#else
fn share(v: Element) -> Element {
  let e = exp(-abs(v));
  return select(e, Element(1.0), v >= Element(0.0)) / (1.0 + e);
}
fn value(v: Element) -> Element { return v * share(v); }
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
  let s = share(v);
  return s * (1.0 + v * (1.0 - s));
}
#endif

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.count) {
    return;
  }
#if GRADIENT
  y[i] = dy[i] * slope(x[i]);
#else
  y[i] = value(x[i]);
#endif
}
