// y[i] = mask(i) · x[i] / (1 − p), or y[i] += that with ACCUMULATE: inverted dropout.
//
// x     [count]
// seed  [2], changes each step; the same seed gives the same mask in forward and backward
// y     [count]
//
// mask(i) is 0 where the hash of (seed, i) lies below p · 2³². Parallel plan: one element an invocation.

#include "elements.wgsl"

struct Params { count: u32, threshold: u32, gain: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> seed: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

// PCG's output permutation of a congruential step (Jarzynski and Olano, JCGT 2020).
fn pcg(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

fn each(i: u32) {
  let dropped = pcg(pcg(i ^ seed[0]) + seed[1]) < params.threshold;
  var value = select(x[i] * params.gain, 0.0, dropped);
#if ACCUMULATE
  value += y[i];
#endif
  y[i] = value;
}
