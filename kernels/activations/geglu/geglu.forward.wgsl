// y = gelu(gate) · up, with gelu(g) = g · share(g): gelu.share.wgsl has the formula, exact or, if TANH, approximate.
//
// gate, up, y  [tokens, F] f32; or gate is [tokens, 2F] if PACKED, up standing behind it in each row
// width        F; it and count are of vec4f where F divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#include "elements.wgsl"
#include "gelu.share.wgsl"

struct Params { count: u32, width: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<Element>;
#if !PACKED
@group(0) @binding(2) var<storage, read> up: array<Element>;
#endif
@group(0) @binding(3) var<storage, read_write> y: array<Element>;

fn each(i: u32) {
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
