// y = (x - mean) / √(variance + eps), plus the mean with KEEP_MEAN; 0 where mask is 0.
//
// x, mask, y  [count] f32;  statistics [4] f32: mean, variance, count, 1 / √(variance + eps)
//
// Parallel plan: a token an invocation.

#include "elements.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read> statistics: array<f32, 4>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn each(i: u32) {
  let mean = statistics[0];
  var value = (x[i] - mean) * statistics[3];
#if KEEP_MEAN
  value += mean;
#endif
  y[i] = select(0.0, value, mask[i] != 0.0);
}
