// dWeight[r, v] = Σ_t dGates[t, r] · y[t', v], t' the row before t in the walk; added, if ACCUMULATE.
//
// dGates   [rows, 4 · hidden] f32
// y        [rows, hidden] f32
// dWeight  [4 · hidden, hidden] f32
//
// Parallel plan: one element of dWeight an invocation.

#include "elements.wgsl"

struct Params { count: u32, rows: u32, hidden: u32, reverse: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dGates: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> dWeight: array<f32>;

fn each(i: u32) {
  let h = params.hidden;
  let r = i / h;
  var sum = 0.0;
  for (var t = 1u; t < params.rows; t++) {
    let row = select(t, t - 1u, params.reverse == 1u);
    let before = select(t - 1u, t, params.reverse == 1u);
    sum += dGates[row * 4u * h + r] * y[before * h + i % h];
  }
#if ACCUMULATE
  dWeight[i] += sum;
#else
  dWeight[i] = sum;
#endif
}
