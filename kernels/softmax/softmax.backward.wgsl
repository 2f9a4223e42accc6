// dx[r, c] = y[r, c] · (dy[r, c] - Σ_c dy[r, c] · y[r, c]).
//
// y, dy, dx  [rows, columns] f32
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.

#include "rows.wgsl"

struct Params { rows: u32, columns: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

alias Sum = f32;

fn eachRow(row: u32, lane: u32) {
  let first = row * params.columns;
  let end = first + params.columns;
  var sum = 0.0;
  for (var chunk = first + lane; chunk < end; chunk += 32u * LANES) {
    var part = 0.0;
    for (var i = chunk; i < min(chunk + 32u * LANES, end); i += LANES) {
      part += dy[i] * y[i];
    }
    sum += part;
  }
  sum = total(lane, sum);
  for (var i = first + lane; i < end; i += LANES) {
    dx[i] = y[i] * (dy[i] - sum);
  }
}
