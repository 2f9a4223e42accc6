// How y = n · (offset + weight), n = x · rstd, moves where x moves by xTangent and the weight by weightTangent:
//   yTangent = rstd · (xTangent - n · mean of n · xTangent) · (offset + weight) + n · weightTangent, the mean over a row
//
// x, xTangent (with INPUT), yTangent  [rows, width] f32
// weight, weightTangent (with WEIGHT)  [width] f32; offset is 1 for Gemma, else 0
// rstd  [rows] f32, from the forward pass
//
// Where the number of columns divides by 4, elements are vec4f and width counts these.
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.

#include "element.wgsl"
#include "rows.wgsl"

struct Params { rows: u32, width: u32, columns: f32, offset: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read_write> yTangent: array<Element>;
#if INPUT
@group(0) @binding(4) var<storage, read> weight: array<Element>;
@group(0) @binding(5) var<storage, read> xTangent: array<Element>;
#endif
#if WEIGHT
@group(0) @binding(6) var<storage, read> weightTangent: array<Element>;
#endif

alias Sum = f32;

fn eachRow(row: u32, lane: u32) {
  let first = row * params.width;
  let scale = rstd[row];
#if INPUT
  var sum = Element(0.0);
  for (var chunk = lane; chunk < params.width; chunk += 32u * LANES) {
    var part = Element(0.0);
    for (var c = chunk; c < min(chunk + 32u * LANES, params.width); c += LANES) {
      part += x[first + c] * xTangent[first + c];
    }
    sum += part;
  }
  let mean = total(lane, sumOf(sum)) * scale / params.columns;
#endif
  for (var c = lane; c < params.width; c += LANES) {
    let n = x[first + c] * scale;
    var moved = Element(0.0);
#if INPUT
    moved = scale * (xTangent[first + c] - n * mean) * (params.offset + weight[c]);
#endif
#if WEIGHT
    moved += n * weightTangent[c];
#endif
    yTangent[first + c] = moved;
  }
}
