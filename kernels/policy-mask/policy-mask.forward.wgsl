// What each token weighs in the policy's loss: y = weights where the token is learnt from, else 0.
// With ENTROPY: where at least `least` members have an entropy no greater than its own (an order statistic).
// With DRIFT: where its advantage is not negative, or oldLogps - ratioLogps, the mean by which its sequence has become
// less likely, is within the threshold.
// A token whose entropy or mean is NaN or infinite stays, so that the loss shows it.
//
// weights, y, entropy, members, ratioLogps, oldLogps, advantages  [count] f32;  least [1] f32
//
// Parallel plan: a token an invocation; with ENTROPY each looks at all tokens, of which there are a few thousand.

#include "elements.wgsl"
#include "finite.wgsl"

struct Params { count: u32, threshold: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if ENTROPY
@group(0) @binding(3) var<storage, read> entropy: array<f32>;
@group(0) @binding(4) var<storage, read> members: array<f32>;
@group(0) @binding(5) var<storage, read> least: array<f32>;
#endif
#if DRIFT
@group(0) @binding(6) var<storage, read> ratioLogps: array<f32>;
@group(0) @binding(7) var<storage, read> oldLogps: array<f32>;
@group(0) @binding(8) var<storage, read> advantages: array<f32>;
#endif

fn each(i: u32) {
  var keep = weights[i] != 0.0;
#if ENTROPY
  var below = 0.0;
  if (keep) {
    for (var j = 0u; j < params.count; j++) {
      below += select(0.0, 1.0, members[j] != 0.0 && entropy[j] <= entropy[i]);
    }
    keep = below >= least[0] || !allFinite(vec4f(entropy[i]));
  }
#endif
#if DRIFT
  let drift = oldLogps[i] - ratioLogps[i];
  keep = keep && (advantages[i] >= 0.0 || drift <= params.threshold || !allFinite(vec4f(drift)));
#endif
  y[i] = select(0.0, weights[i], keep);
}
