// y = gelu(gate) · up, with gelu(g) = g · σ(2v), v = √(2/π) · (g + 0.044715 g³), which is ½ g (1 + tanh v) without
// tanh's error near 0.
//
// gate, up, y  [tokens, F] f32; or gate is [tokens, 2F] if PACKED, up standing behind it in each row
// width        F; it and count are of vec4f where F divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#if VEC4
alias Element = vec4f;
#else
alias Element = f32;
#endif

struct Params { count: u32, width: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<Element>;
#if !PACKED
@group(0) @binding(2) var<storage, read> up: array<Element>;
#endif
@group(0) @binding(3) var<storage, read_write> y: array<Element>;

// The share of g that passes. The exponent is never positive, so nothing overflows.
fn share(g: Element) -> Element {
  let e = exp(-1.5957691216057308 * abs(g) * (1.0 + 0.044715 * g * g));
  return select(e, Element(1.0), g >= Element(0.0)) / (1.0 + e);
}

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
#if PACKED
    let at = i + i / params.width * params.width;
    let g = gate[at];
    let u = gate[at + params.width];
#else
    let g = gate[i];
    let u = up[i];
#endif
    y[i] = g * share(g) * u;
  }
}
