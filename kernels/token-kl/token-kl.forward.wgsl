// How far the policy has left the reference at a sampled token: y = e^d - d - 1, d = refLogps - logps (the k3 estimator).
// With CORRECTED, times ρ = e^(ratioLogps - oldLogps), which makes old samples stand for the policy's own.
//
// logps, refLogps, ratioLogps, oldLogps, y  [count] f32
//
// Parallel plan: a token an invocation.

#include "elements.wgsl"
#include "numeric.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logps: array<f32>;
@group(0) @binding(2) var<storage, read> refLogps: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
#if CORRECTED
@group(0) @binding(4) var<storage, read> ratioLogps: array<f32>;
@group(0) @binding(5) var<storage, read> oldLogps: array<f32>;
#endif

fn each(i: u32) {
  var value = k3(clamp(refLogps[i] - logps[i], -80.0, 80.0));
#if CORRECTED
  value *= exp(clamp(ratioLogps[i] - oldLogps[i], -80.0, 80.0));
#endif
  y[i] = value;
}
