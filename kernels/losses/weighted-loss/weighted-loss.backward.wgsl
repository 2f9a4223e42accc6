// dloss = weight, times dtotal where the sum is not the root of the graph.
//
// dtotal, dloss  [1] f32
//
// Parallel plan: one invocation.

struct Params { weight: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> dloss: array<f32>;
#if CHAINED
@group(0) @binding(2) var<storage, read> dtotal: array<f32>;
#endif

@compute @workgroup_size(1)
fn main() {
#if CHAINED
  dloss[0] = params.weight * dtotal[0];
#else
  dloss[0] = params.weight;
#endif
}
