// The weight of each sequence: φ[r] = e^(λ + k log w - λ w), log w = Σ members · clamp(logps - oldLogps, ±20) over
// bounds[r], itself clamped to [log 1e-8, 20]; k and λ by the sign of the sequence's advantage. φ(w = 1) = 1.
//
// logps, oldLogps, members, advantages  [count] f32;  bounds [rows] vec2i;  phi [rows] f32
//
// Parallel plan: a workgroup of 64 a sequence, tokens 64 apart a lane; lane 0 adds the lanes in order.

#include "segments.wgsl"
#include "finite.wgsl"

struct Params { count: u32, rows: u32, kPos: f32, lambdaPos: f32, kNeg: f32, lambdaNeg: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logps: array<f32>;
@group(0) @binding(2) var<storage, read> oldLogps: array<f32>;
@group(0) @binding(3) var<storage, read> members: array<f32>;
@group(0) @binding(4) var<storage, read> advantages: array<f32>;
@group(0) @binding(5) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(6) var<storage, read_write> phi: array<f32>;

fn term(i: u32) -> f32 {
  // What is no member may be anything.
  if (members[i] == 0.0) {
    return 0.0;
  }
  let d = logps[i] - oldLogps[i];
  if (!allFinite(vec4f(d, logps[i], 0.0, 0.0))) {
    return notANumber(d);
  }
  return members[i] * clamp(d, -20.0, 20.0);
}

fn put(row: u32, first: u32, end: u32, sum: f32) {
  let logw = clamp(sum, -18.420681, 20.0);
  let good = first >= end || advantages[first] >= 0.0;
  let k = select(params.kNeg, params.kPos, good);
  let lambda = select(params.lambdaNeg, params.lambdaPos, good);
  let weight = exp(lambda + k * logw - lambda * exp(logw));
  phi[row] = select(notANumber(sum), weight, allFinite(vec4f(sum)));
}
