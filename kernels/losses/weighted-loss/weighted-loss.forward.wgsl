// total += weight · loss; with FIRST total = weight · loss. One dispatch a loss, in their order.
//
// loss, total  [1] f32
//
// Parallel plan: one invocation.

struct Params { weight: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> total: array<f32>;

@compute @workgroup_size(1)
fn main() {
#if FIRST
  total[0] = params.weight * loss[0];
#else
  total[0] += params.weight * loss[0];
#endif
}
