// y = x · Φ(x), Φ the normal distribution; or, if TANH, x · σ(2u) with u = √(2/π) · (x + 0.044715 x³),
// which is ½ x (1 + tanh u) without tanh's error near 0.
//
// x, y  [count] f32, any shape; count is of vec4f where the length divides by 4
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

#if TANH
fn share(v: Element) -> Element {
  let e = exp(-1.5957691216057308 * abs(v) * (1.0 + 0.044715 * v * v));
  return select(e, Element(1.0), v >= Element(0.0)) / (1.0 + e);
}
#else
// Φ(v) = ½ erfc(-v/√2), erfc by a Chebyshev fit whose relative error is below 1.2e-7 everywhere.
fn share(v: Element) -> Element {
  let z = abs(v) * 0.7071067811865476;
  let t = 1.0 / (1.0 + 0.5 * z);
  var p = Element(0.17087277);
  p = p * t - 0.82215223;
  p = p * t + 1.48851587;
  p = p * t - 1.13520398;
  p = p * t + 0.27886807;
  p = p * t - 0.18628806;
  p = p * t + 0.09678418;
  p = p * t + 0.37409196;
  p = p * t + 1.00002368;
  let tail = 0.5 * t * exp(p * t - 1.26551223 - z * z);
  return select(tail, 1.0 - tail, v >= Element(0.0));
}
#endif

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    let v = x[i];
    y[i] = v * share(v);
  }
}
