// dlogps[i] = dloss · gradient[i], for a loss that is not the root of the graph.
//
// gradient  [count] f32, as the forward pass saved it
// dloss     [1] f32
// dlogps    [count] f32
//
// Parallel plan: one element an invocation.

#include "elements.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> dloss: array<f32>;
@group(0) @binding(3) var<storage, read_write> dlogps: array<f32>;

fn each(i: u32) {
  dlogps[i] = dloss[0] * gradient[i];
}
