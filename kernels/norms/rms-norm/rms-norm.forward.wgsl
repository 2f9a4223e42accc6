// y[t, c] = x[t, c] · rstd[t] · (offset + weight[c]), rstd[t] = 1 / √(mean of x[t]² + eps).
//
// x, y    [rows, width] f32
// weight  [width] f32; offset is 1 for Gemma, else 0
// rstd    [rows] f32, kept for the gradient
//
// Where the number of columns divides by 4, elements are vec4f and width counts these.
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.

#include "element.wgsl"
#include "rows.wgsl"

struct Params { rows: u32, width: u32, columns: f32, eps: f32, offset: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> weight: array<Element>;
@group(0) @binding(3) var<storage, read_write> y: array<Element>;
@group(0) @binding(4) var<storage, read_write> rstd: array<f32>;

alias Sum = f32;

fn eachRow(row: u32, lane: u32) {
  let first = row * params.width;
  var sum = Element(0.0);
  for (var chunk = lane; chunk < params.width; chunk += 32u * LANES) {
    var part = Element(0.0);
    for (var c = chunk; c < min(chunk + 32u * LANES, params.width); c += LANES) {
      let v = x[first + c];
      part += v * v;
    }
    sum += part;
  }
  let scale = 1.0 / sqrt(total(lane, sumOf(sum)) / params.columns + params.eps);
  if (lane == 0u) {
    rstd[row] = scale;
  }
  for (var c = lane; c < params.width; c += LANES) {
    y[first + c] = x[first + c] * scale * (params.offset + weight[c]);
  }
}
