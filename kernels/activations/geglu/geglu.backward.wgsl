// With s = share(gate): dUp = dy · gate · s, dGate = dy · up · slope, slope the derivative of gelu (gelu.backward.wgsl).
//
// gate, up, dy, dGate, dUp  [tokens, F] f32; or gate and dGate are [tokens, 2F] if PACKED, up and dUp standing
//                           behind them in each row
// width                     F; it and count are of vec4f where F divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation; both gradients at once.

#include "elements.wgsl"
#include "gelu.share.wgsl"

struct Params { count: u32, width: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<Element>;
@group(0) @binding(2) var<storage, read> dy: array<Element>;
@group(0) @binding(3) var<storage, read_write> dGate: array<Element>;
#if !PACKED
@group(0) @binding(4) var<storage, read> up: array<Element>;
@group(0) @binding(5) var<storage, read_write> dUp: array<Element>;
#endif

fn each(i: u32) {
#if PACKED
  let at = i + i / params.width * params.width;
  let u = gate[at + params.width];
#else
  let at = i;
  let u = up[i];
#endif
  let g = gate[at];
  let s = share(g);
  let d = dy[i];
  let gated = d * g * s;
  dGate[at] = d * u * slope(g, s);
#if PACKED
  dGate[at + params.width] = gated;
#else
  dUp[i] = gated;
#endif
}
