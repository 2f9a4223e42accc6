// advantages = returns = 0: what tokens that are in no sequence, or do not count, keep.
//
// advantages, returns  [count] f32
//
// Parallel plan: a token an invocation.

#include "elements.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> advantages: array<f32>;
@group(0) @binding(2) var<storage, read_write> returns: array<f32>;

fn each(i: u32) {
  advantages[i] = 0.0;
  returns[i] = 0.0;
}
