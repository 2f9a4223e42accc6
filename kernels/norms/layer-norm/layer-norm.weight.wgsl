// weightParts[k, c] = Σ of dy[t, c] · (x[t, c] - mean[t]) · rstd[t] over the 32 rows t of chunk k,
// biasParts[k, c] = Σ of dy[t, c]: the first half of the gradients of weight and bias. The sums over the
// chunks are other dispatches, so the order of additions is fixed.
//
// x, dy                   [rows, width] f32
// mean, rstd              [rows] f32
// weightParts, biasParts  [ceil(rows / 32), width] f32
//
// Parallel plan: one column of one chunk an invocation.

#include "elements.wgsl"

struct Params { rows: u32, width: u32, count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> rstd: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> weightParts: array<f32>;
@group(0) @binding(6) var<storage, read_write> biasParts: array<f32>;

fn each(i: u32) {
  let column = i % params.width;
  let first = i / params.width * 32u;
  var weightSum = 0.0;
  var biasSum = 0.0;
  for (var row = first; row < min(first + 32u, params.rows); row++) {
    let at = row * params.width + column;
    weightSum += dy[at] * (x[at] - mean[row]) * rstd[row];
    biasSum += dy[at];
  }
  weightParts[i] = weightSum;
  biasParts[i] = biasSum;
}
