// y[t, c] = (x[t, c] - mean[t]) · rstd[t] · weight[c] + bias[c], rstd[t] = 1 / √(variance of x[t] + eps).
//
// x, y          [rows, width] f32
// weight, bias  [width] f32
// mean, rstd    [rows] f32, kept for the gradient
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.
// The variance is of x - mean (two passes), and sums run in chunks of 32: their rounding stays small.

#include "rows.wgsl"

struct Params { rows: u32, width: u32, eps: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> rstd: array<f32>;
#if BIAS
@group(0) @binding(6) var<storage, read> bias: array<f32>;
#endif

alias Sum = f32;

fn eachRow(row: u32, lane: u32) {
  let first = row * params.width;
  var sum = 0.0;
  for (var chunk = lane; chunk < params.width; chunk += 32u * LANES) {
    var part = 0.0;
    for (var c = chunk; c < min(chunk + 32u * LANES, params.width); c += LANES) {
      part += x[first + c];
    }
    sum += part;
  }
  let m = total(lane, sum) / f32(params.width);
  var squares = 0.0;
  for (var chunk = lane; chunk < params.width; chunk += 32u * LANES) {
    var part = 0.0;
    for (var c = chunk; c < min(chunk + 32u * LANES, params.width); c += LANES) {
      let v = x[first + c] - m;
      part += v * v;
    }
    squares += part;
  }
  let scale = 1.0 / sqrt(total(lane, squares) / f32(params.width) + params.eps);
  if (lane == 0u) {
    mean[row] = m;
    rstd[row] = scale;
  }
  for (var c = lane; c < params.width; c += LANES) {
    var v = (x[first + c] - m) * scale * weight[c];
#if BIAS
    v += bias[c];
#endif
    y[first + c] = v;
  }
}
