// With s = σ(2v), v = √(2/π) · (gate + 0.044715 gate³): dUp = dy · gate · s,
// dGate = dy · up · (s + gate · s · (1 - s) · 2v').
//
// gate, up, dy, dGate, dUp  [tokens, F] f32; or gate and dGate are [tokens, 2F] if PACKED, up and dUp standing
//                           behind them in each row
// width                     F; it and count are of vec4f where F divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation; both gradients at once.

#if VEC4
alias Element = vec4f;
#else
alias Element = f32;
#endif

struct Params { count: u32, width: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<Element>;
@group(0) @binding(2) var<storage, read> dy: array<Element>;
@group(0) @binding(3) var<storage, read_write> dGate: array<Element>;
#if !PACKED
@group(0) @binding(4) var<storage, read> up: array<Element>;
@group(0) @binding(5) var<storage, read_write> dUp: array<Element>;
#endif

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
    let u = gate[at + params.width];
#else
    let at = i;
    let u = up[i];
#endif
    let g = gate[at];
    let s = share(g);
    let slope = 1.5957691216057308 * (1.0 + 0.134145 * g * g);
    let d = dy[i];
    let gated = d * g * s;
    dGate[at] = d * u * s * (1.0 + g * (1.0 - s) * slope);
#if PACKED
    dGate[at + params.width] = gated;
#else
    dUp[i] = gated;
#endif
  }
}
