// With g = dy · (offset + weight) and n = x · rstd: dx = rstd · (g - n · mean of g · n) (+ plus), means over a row.
//
// x, dy, dx  [rows, width] f32; plus too, the gradient of x by its other uses
// weight     [width] f32; offset is 1 for Gemma, else 0
// rstd       [rows] f32, from the forward pass
//
// Where the number of columns divides by 4, elements are vec4f and width counts these.
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.

#include "element.wgsl"
#include "rows.wgsl"

struct Params { rows: u32, width: u32, columns: f32, offset: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> weight: array<Element>;
@group(0) @binding(3) var<storage, read> rstd: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<Element>;
@group(0) @binding(5) var<storage, read_write> dx: array<Element>;
#if PLUS
@group(0) @binding(6) var<storage, read> plus: array<Element>;
#endif

alias Sum = f32;

fn eachRow(row: u32, lane: u32) {
  let first = row * params.width;
  let scale = rstd[row];
  var sum = Element(0.0);
  for (var chunk = lane; chunk < params.width; chunk += 32u * LANES) {
    var part = Element(0.0);
    for (var c = chunk; c < min(chunk + 32u * LANES, params.width); c += LANES) {
      part += dy[first + c] * (params.offset + weight[c]) * x[first + c];
    }
    sum += part;
  }
  let mean = total(lane, sumOf(sum)) * scale / params.columns;
  for (var c = lane; c < params.width; c += LANES) {
    let g = dy[first + c] * (params.offset + weight[c]);
    let d = scale * (g - x[first + c] * scale * mean);
#if PLUS
    dx[first + c] = d + plus[first + c];
#else
    dx[first + c] = d;
#endif
  }
}
