// How y = silu(gate) · up moves where gate moves by gateTangent and up by upTangent, with σ = σ(gate):
//   yTangent = gateTangent · up · σ · (1 + gate · (1 - σ)) + gate · σ · upTangent
//
// gate, up, gateTangent (with GATE), upTangent (with UP), yTangent  [tokens, F] f32; or gate and gateTangent are
//        [tokens, 2F] if PACKED, up and upTangent standing behind them in each row
// width  F; it and count are of vec4f where F divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#include "elements.wgsl"
#include "numeric.wgsl"

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

fn each(i: u32) {
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
  moved = gateTangent[at] * gate[at + params.width] * s * (1.0 + g * (1.0 - s));
  moved += g * s * gateTangent[at + params.width];
#else
  moved = gateTangent[at] * up[at] * s * (1.0 + g * (1.0 - s));
#endif
#endif
#if UP
  moved += g * s * upTangent[i];
#endif
  yTangent[i] = moved;
}
