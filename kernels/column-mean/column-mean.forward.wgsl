// sums[g, c] = factor · Σ_{r = 256 g}^{256 g + 255} x[r, c]: rounds until one row is left; the last has factor 1 / rows.
//
// x [rows, columns] f32, or in a weight's format (quantised.wgsl);  sums [ceil(rows / 256), columns] f32
//
// Parallel plan: one column of a block of 256 rows an invocation, added in blocks of 16 to keep digits.

#if PACKED
#include "quantised.wgsl"
#endif

struct Params { rows: u32, columns: u32, factor: f32, scales: u32 }

@group(0) @binding(0) var<uniform> params: Params;
#if HALF
@group(0) @binding(1) var<storage, read> x: array<vec2u>;
#elif QUANTISED
@group(0) @binding(1) var<storage, read> x: array<u32>;
#else
@group(0) @binding(1) var<storage, read> x: array<f32>;
#endif
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

fn number(at: u32) -> f32 {
#if PACKED
  return fourOfx(at / 4u)[at & 3u];
#else
  return x[at];
#endif
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let column = id.x;
  if (column >= params.columns) {
    return;
  }
  let end = min(params.rows, (group.y + 1u) * 256u);
  var total = 0.0;
  for (var first = group.y * 256u; first < end; first += 16u) {
    var sum = 0.0;
    for (var row = first; row < min(end, first + 16u); row++) {
      sum += number(row * params.columns + column);
    }
    total += sum;
  }
  sums[group.y * params.columns + column] = params.factor * total;
}
