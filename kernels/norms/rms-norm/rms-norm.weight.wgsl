// parts[k, c] = Σ of dy[t, c] · x[t, c] · rstd[t] over the 32 rows t of chunk k: the first half of the
// weight's gradient. The sum over the chunks is another dispatch, so the order of additions is fixed.
//
// x, dy  [rows, width] f32
// rstd   [rows] f32
// parts  [ceil(rows / 32), width] f32
//
// Parallel plan: one column of one chunk an invocation.

#include "elements.wgsl"

struct Params { rows: u32, width: u32, count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;

fn each(i: u32) {
  let column = i % params.width;
  let first = i / params.width * 32u;
  var sum = 0.0;
  for (var row = first; row < min(first + 32u, params.rows); row++) {
    let at = row * params.width + column;
    sum += dy[at] * x[at] * rstd[row];
  }
  parts[i] = sum;
}
