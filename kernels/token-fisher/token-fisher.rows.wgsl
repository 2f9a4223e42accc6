// Of each row, with p = softmax(x) and t how the logits x move: the Fisher information of the categorical, times t,
//   t_j becomes w · p_j · (t_j - mean),  mean = Σ_k p_k t_k,  w = scale · mask
//   energies  ½ w · Σ_j p_j (t_j - mean)²
// A row of mask 0 becomes zeros, whatever stands there.
//
// logits   [rows, columns] f32, rows `first` to `first + rows` of all (vec4f with VEC4: where columns divide by 4)
// tangents [rows, columns] f32, as logits; in place
// mask     [N] f32;  scale [1] f32;  energies [N] f32
//
// Parallel plan: a workgroup of SIZE, a constant from outside, a row; three passes. All t are taken relative to that of the
// likeliest word: where it is nearly certain, the mean nearly equals its t, and the difference would have no digits.

#include "element.wgsl"
#include "totals.wgsl"

struct Params { first: u32, columns: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<Element>;
@group(0) @binding(2) var<storage, read_write> tangents: array<Element>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read> scale: array<f32>;
@group(0) @binding(5) var<storage, read_write> energies: array<f32>;

alias Sum = vec2f;

// A lane's largest logit, and how it moves.
struct Top { x: f32, t: f32 }

fn raised(top: Top, x: Element, t: Element) -> Top {
#if VEC4
  let most = max(max(x.x, x.y), max(x.z, x.w));
  let hit = x == vec4f(most);
  let there = select(select(select(t.w, t.z, hit.z), t.y, hit.y), t.x, hit.x);
#else
  let most = x;
  let there = t;
#endif
  if (most > top.x) {
    return Top(most, there);
  }
  return top;
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
  let weight = mask[at];
  if (weight == 0.0) {
    for (var i = lane; i < width; i += LANES) {
      tangents[start + i] = Element();
    }
    if (lane == 0u) {
      energies[at] = 0.0;
    }
    return;
  }
  var top = Top(-1e38, 0.0);
  for (var i = lane; i < width; i += LANES) {
    top = raised(top, logits[start + i], tangents[start + i]);
  }
  let m = largest(lane, vec2f(top.x, 0.0)).x;
  let anchor = Element(largest(lane, vec2f(select(-1e38, top.t, top.x == m), 0.0)).x);

  var sum = vec2f();
  for (var i = lane; i < width; i += LANES) {
    let powers = exp(logits[start + i] - Element(m));
    sum += vec2f(sumOf(powers), sumOf(powers * (tangents[start + i] - anchor)));
  }
  let sums = total(lane, sum);
  let mean = Element(sums.y / sums.x);

  let w = weight * scale[0];
  var energy = 0.0;
  for (var i = lane; i < width; i += LANES) {
    let p = exp(logits[start + i] - Element(m)) / sums.x;
    let d = (tangents[start + i] - anchor) - mean;
    energy += sumOf(p * d * d);
    tangents[start + i] = w * p * d;
  }
  let all = total(lane, vec2f(energy, 0.0)).x;
  if (lane == 0u) {
    energies[at] = 0.5 * w * all;
  }
}
