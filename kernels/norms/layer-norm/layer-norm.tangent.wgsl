// How y = n · weight + bias, n = (x - mean) · rstd, moves where x moves by xTangent, the weight by weightTangent and the
// bias by biasTangent:
//   yTangent = rstd · (xTangent - mean of xTangent - n · mean of n · xTangent) · weight + n · weightTangent + biasTangent
// with means over a row.
//
// x, xTangent (with INPUT), yTangent  [rows, width] f32
// weight, weightTangent (with WEIGHT), biasTangent (with BIAS)  [width] f32
// mean, rstd  [rows] f32, from the forward pass
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.

#include "rows.wgsl"

struct Params { rows: u32, width: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> rstd: array<f32>;
@group(0) @binding(4) var<storage, read_write> yTangent: array<f32>;
#if INPUT
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read> xTangent: array<f32>;
#endif
#if WEIGHT
@group(0) @binding(7) var<storage, read> weightTangent: array<f32>;
#endif
#if BIAS
@group(0) @binding(8) var<storage, read> biasTangent: array<f32>;
#endif

alias Sum = vec2f;

fn eachRow(row: u32, lane: u32) {
  let first = row * params.width;
  let m = mean[row];
  let scale = rstd[row];
#if INPUT
  var sum = vec2f();
  for (var chunk = lane; chunk < params.width; chunk += 32u * LANES) {
    var part = vec2f();
    for (var c = chunk; c < min(chunk + 32u * LANES, params.width); c += LANES) {
      part += xTangent[first + c] * vec2f(1.0, x[first + c] - m);
    }
    sum += part;
  }
  let means = total(lane, sum) * vec2f(1.0, scale) / f32(params.width);
#endif
  for (var c = lane; c < params.width; c += LANES) {
    let n = (x[first + c] - m) * scale;
    var moved = 0.0;
#if INPUT
    moved = scale * (xTangent[first + c] - means.x - n * means.y) * weight[c];
#endif
#if WEIGHT
    moved += n * weightTangent[c];
#endif
#if BIAS
    moved += biasTangent[c];
#endif
    yTangent[first + c] = moved;
  }
}
