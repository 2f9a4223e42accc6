// y[r, c] = e^(x[r, c] - m) / Σ_c e^(x[r, c] - m), m the largest x of the row.
//
// x, y  [rows, columns] f32
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.

#include "rows.wgsl"

struct Params { rows: u32, columns: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

alias Sum = f32;

fn eachRow(row: u32, lane: u32) {
  let first = row * params.columns;
  let end = first + params.columns;
  var m = x[first];
  for (var i = first + lane; i < end; i += LANES) {
    m = max(m, x[i]);
  }
  m = largest(lane, m);
  var sum = 0.0;
  for (var chunk = first + lane; chunk < end; chunk += 32u * LANES) {
    var part = 0.0;
    for (var i = chunk; i < min(chunk + 32u * LANES, end); i += LANES) {
      part += exp(x[i] - m);
    }
    sum += part;
  }
  let scale = 1.0 / total(lane, sum);
  for (var i = first + lane; i < end; i += LANES) {
    y[i] = exp(x[i] - m) * scale;
  }
}
