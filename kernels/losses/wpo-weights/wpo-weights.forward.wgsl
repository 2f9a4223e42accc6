// weights[r] = exp(mean of logps[i] - logSumSquares[i] over bounds[r].x <= i < bounds[r].y); 1 for an empty sequence.
//
// logps, logSumSquares  [count] f32;  bounds [rows] vec2i;  weights [rows] f32
//
// Parallel plan: a workgroup of 64 a sequence, tokens 64 apart a lane; lane 0 adds the lanes in order.

#include "segments.wgsl"
#include "finite.wgsl"

struct Params { count: u32, rows: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logps: array<f32>;
@group(0) @binding(2) var<storage, read> logSumSquares: array<f32>;
@group(0) @binding(3) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(4) var<storage, read_write> weights: array<f32>;

fn term(i: u32) -> f32 {
  return logps[i] - logSumSquares[i];
}

fn put(row: u32, first: u32, end: u32, sum: f32) {
  let weight = exp(sum / f32(max(end, first + 1u) - first));
  weights[row] = select(notANumber(sum), weight, allFinite(vec4f(sum)));
}
