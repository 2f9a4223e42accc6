// y[r] = Σ weights[i] · x[i] over bounds[r].x <= i < bounds[r].y: sums of sequences' tokens.
//
// x, weights  [count] f32;  bounds [rows] vec2i: start and end of each, clamped to the tokens;  y [rows] f32
//
// Parallel plan: a workgroup of 64 a sequence, tokens 64 apart a lane; lane 0 adds the lanes in order.

#include "segments.wgsl"

struct Params { count: u32, rows: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn term(i: u32) -> f32 {
  // What a weight of 0 leaves out may be anything.
  if (weights[i] == 0.0) {
    return 0.0;
  }
  return weights[i] * x[i];
}

fn put(row: u32, first: u32, end: u32, sum: f32) {
  y[row] = sum;
}
