// Σ over the chunks of parts, row j and columns from..from + width, to dx[at + j · stride + column]; added to what
// stands there, or, if WHOLE, with plus (if PLUS) or zeros in all other columns.
//
// parts  [chunks, rows, line] f32
// dx     [rows, stride] f32
// plus   [rows, stride] f32: the gradient by other layers
//
// Parallel plan: one element an invocation: of the columns, or, if WHOLE, of dx.

#include "elements.wgsl"

struct Params { count: u32, chunks: u32, rows: u32, line: u32, start: u32, width: u32, at: u32, stride: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
#if PLUS
@group(0) @binding(3) var<storage, read> plus: array<f32>;
#endif

fn total(row: u32, column: u32) -> f32 {
  var sum = 0.0;
  for (var chunk = 0u; chunk < params.chunks; chunk++) {
    sum += parts[(chunk * params.rows + row) * params.line + params.start + column];
  }
  return sum;
}

fn each(i: u32) {
#if WHOLE
  let row = i / params.stride;
  let column = i % params.stride;
  var value = 0.0;
#if PLUS
  value = plus[i];
#endif
  if (column >= params.at && column < params.at + params.width) {
    value += total(row, column - params.at);
  }
  dx[i] = value;
#else
  let row = i / params.width;
  let column = i % params.width;
  dx[params.at + row * params.stride + column] += total(row, column);
#endif
}
