// Of each row, the divergence KL(old ‖ new) of p = softmax(oldLogits) and softmax(logits). With d = logits - oldLogits
// less its mean under p,
//   divergences = log(1 + Σ_j p_j (e^(d_j) - 1 - d_j)):
// a sum of numbers that are never negative, so that a small divergence keeps its digits, and equal logits give 0.
// A row of mask 0 gives 0, whatever stands there.
//
// logits, oldLogits  [rows, columns] f32, rows `first` to `first + rows` of all (vec4f with VEC4: where columns
// divide by 4)
// mask, divergences  [N] f32
//
// Parallel plan: a workgroup of SIZE, a constant from outside, a row; three passes.

#include "element.wgsl"
#include "numeric.wgsl"
#include "totals.wgsl"

struct Params { first: u32, columns: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<Element>;
@group(0) @binding(2) var<storage, read> oldLogits: array<Element>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read_write> divergences: array<f32>;

alias Sum = vec2f;

fn largestOf(x: Element) -> f32 {
#if VEC4
  return max(max(x.x, x.y), max(x.z, x.w));
#else
  return x;
#endif
}

// p (e^d - 1 - d) for p = e^l: by its series where the subtractions would leave nothing; else e^(l + d) at once, which
// does not overflow where e^d would.
fn term(l: Element, d: Element) -> Element {
  let p = exp(l);
  let series = d * d * (0.5 + d * (1.0 / 6.0 + d * (1.0 / 24.0 + d * (1.0 / 120.0 + d * (1.0 / 720.0
    + d * (1.0 / 5040.0 + d / 40320.0))))));
  return select(exp(l + d) - p * (1.0 + d), p * series, abs(d) < Element(0.5));
}

@compute @workgroup_size(SIZE)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let at = params.first + group.x;
#if VEC4
  let width = params.columns / 4u;
#else
  let width = params.columns;
#endif
  let start = group.x * width;
  if (mask[at] == 0.0) {
    if (lane == 0u) {
      divergences[at] = 0.0;
    }
    return;
  }
  var top = -1e38;
  for (var i = lane; i < width; i += LANES) {
    top = max(top, largestOf(oldLogits[start + i]));
  }
  let m = Element(largest(lane, vec2f(top, 0.0)).x);
  // Σ e^(old - m), and the same times (new - old).
  var sum = vec2f();
  for (var i = lane; i < width; i += LANES) {
    let x = oldLogits[start + i];
    let powers = exp(x - m);
    sum += vec2f(sumOf(powers), sumOf(powers * (logits[start + i] - x)));
  }
  let sums = total(lane, sum);
  let mean = Element(sums.y / sums.x);
  let logSum = Element(log(sums.x));
  var terms = 0.0;
  for (var i = lane; i < width; i += LANES) {
    let x = oldLogits[start + i];
    terms += sumOf(term((x - m) - logSum, (logits[start + i] - x) - mean));
  }
  let all = total(lane, vec2f(terms, 0.0)).x;
  if (lane == 0u) {
    divergences[at] = log1pAbove(max(all, 0.0));
  }
}
