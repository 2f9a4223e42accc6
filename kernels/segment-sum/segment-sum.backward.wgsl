// dx[i] = weights[i] · Σ dy[r] over the sequences r that hold token i; 0 where none does.
//
// weights, dx  [count] f32;  bounds [rows] vec2i;  dy [rows] f32
//
// Parallel plan: one token an invocation, which asks every sequence: they are few.

#include "elements.wgsl"

struct Params { count: u32, rows: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

fn each(i: u32) {
  var sum = 0.0;
  for (var row = 0u; row < params.rows; row++) {
    if (i32(i) >= bounds[row].x && i32(i) < bounds[row].y) {
      sum += dy[row];
    }
  }
  dx[i] = weights[i] * sum;
}
