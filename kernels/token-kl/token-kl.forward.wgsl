// How far the policy has left the reference at a sampled token: y = e^d - d - 1, d = refLogps - logps (the k3 estimator).
// With CORRECTED, times ρ = e^(ratioLogps - oldLogps), which makes old samples stand for the policy's own.
//
// logps, refLogps, ratioLogps, oldLogps, y  [count] f32
//
// Parallel plan: a token an invocation.

#include "elements.wgsl"
#include "finite.wgsl"
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
  let d = refLogps[i] - logps[i];
  var value = k3(clamp(d, -80.0, 80.0));
  var finite = allFinite(vec4f(logps[i], d, 0.0, 0.0));
#if CORRECTED
  let ratio = ratioLogps[i] - oldLogps[i];
  value *= exp(clamp(ratio, -80.0, 80.0));
  finite = finite && allFinite(vec4f(ratioLogps[i], ratio, 0.0, 0.0));
#endif
  y[i] = select(notANumber(d), value, finite);
}
