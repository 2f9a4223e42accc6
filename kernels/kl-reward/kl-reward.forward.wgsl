// How far each token has left the reference, and what it costs:
//   kl = logps - refLogps (k1), or with K3 e^d - 1 - d, d = refLogps - logps;   rewards = -coefficient · kl
// 0 where mask is 0. kl-reward.score.wgsl adds the scores.
//
// logps, refLogps, mask, kl, rewards  [count] f32;  coefficient [1] f32
//
// Parallel plan: a token an invocation.

#include "elements.wgsl"
#include "numeric.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logps: array<f32>;
@group(0) @binding(2) var<storage, read> refLogps: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read> coefficient: array<f32>;
@group(0) @binding(5) var<storage, read_write> kl: array<f32>;
@group(0) @binding(6) var<storage, read_write> rewards: array<f32>;

fn each(i: u32) {
  var estimate = 0.0;
  if (mask[i] != 0.0) {
#if K3
    estimate = k3(clamp(refLogps[i] - logps[i], -80.0, 80.0));
#else
    estimate = logps[i] - refLogps[i];
#endif
  }
  kl[i] = estimate;
  rewards[i] = -coefficient[0] * estimate;
}
