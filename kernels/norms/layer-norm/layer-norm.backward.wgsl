// With g = dy · weight and n = (x - mean) · rstd: dx = rstd · (g - mean of g - n · mean of g · n).
//
// x, dy, dx   [rows, width] f32
// weight      [width] f32
// mean, rstd  [rows] f32, from the forward pass
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.

#include "rows.wgsl"

struct Params { rows: u32, width: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> rstd: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;

alias Sum = vec2f;

fn eachRow(row: u32, lane: u32) {
  let first = row * params.width;
  let m = mean[row];
  let scale = rstd[row];
  var sum = vec2f(0.0);
  for (var chunk = lane; chunk < params.width; chunk += 32u * LANES) {
    var part = vec2f(0.0);
    for (var c = chunk; c < min(chunk + 32u * LANES, params.width); c += LANES) {
      let g = dy[first + c] * weight[c];
      part += vec2f(g, g * (x[first + c] - m));
    }
    sum += part;
  }
  let means = total(lane, sum) / f32(params.width);
  for (var c = lane; c < params.width; c += LANES) {
    let g = dy[first + c] * weight[c];
    dx[first + c] = scale * (g - means.x - (x[first + c] - m) * scale * scale * means.y);
  }
}
