// How y = silu(gate) · up moves where gate moves by gateTangent and up by upTangent, with σ = σ(gate):
//   yTangent = gateTangent · up · σ · (1 + gate · (1 - σ)) + gate · σ · upTangent
//
// gate, up, gateTangent (with GATE), upTangent (with UP), yTangent  [tokens, F] f32; or gate and gateTangent are [tokens, 2F] if
//                           PACKED, up and its movement standing behind them in each row
// width                     F; it and count are of vec4f where F divides by 4
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
@group(0) @binding(2) var<storage, read_write> yTangent: array<Element>;
#if GATE
@group(0) @binding(3) var<storage, read> gateTangent: array<Element>;
#if !PACKED
@group(0) @binding(4) var<storage, read> up: array<Element>;
#endif
#endif
#if UP
@group(0) @binding(5) var<storage, read> upTangent: array<Element>;
#endif

// The exponent is never positive, so nothing overflows.
fn sigmoid(g: Element) -> Element {
  let e = exp(-abs(g));
  return select(e, Element(1.0), g >= Element(0.0)) / (1.0 + e);
}

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.count) {
    return;
  }
#if PACKED
  let at = i + i / params.width * params.width;
#else
  let at = i;
#endif
  let g = gate[at];
  let s = sigmoid(g);
  var moved = Element(0.0);
#if GATE
#if PACKED
  moved = gateTangent[at] * gate[at + params.width] * s * (1.0 + g * (1.0 - s)) + g * s * gateTangent[at + params.width];
#else
  moved = gateTangent[at] * up[at] * s * (1.0 + g * (1.0 - s));
#endif
#endif
#if UP
  moved += g * s * upTangent[i];
#endif
  yTangent[i] = moved;
}
