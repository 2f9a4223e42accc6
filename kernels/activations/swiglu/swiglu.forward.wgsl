// y = silu(gate) · up, with silu(g) = g · σ(g) and σ(g) = 1 / (1 + e^-g): the gate of a feed-forward layer.
//
// gate, up, y  [tokens, F] f32; or gate is [tokens, 2F] if PACKED, up standing behind it in each row
// width        F; it and count are of vec4f where F divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#include "elements.wgsl"
#include "numeric.wgsl"

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
  y[i] = g * sigmoid(g) * u;
}
