// Of each row, with p = softmax(x) and t how the logits x move: the Fisher information of the categorical, times t,
//   t_j becomes w · p_j · (t_j - mean),  mean = Σ_k p_k t_k,  w = scale · mask
//   energies  ½ w · Σ_j p_j (t_j - mean)²
// A row of mask 0 becomes zeros, whatever stands there.
//
// logits   [rows, columns] f32, rows `first` to `first + rows` of all (quads where columns divide by 4)
// tangents [rows, columns] f32, as logits; in place
// mask     [N] f32;  scale [1] f32;  energies [N] f32
//
// Parallel plan: a workgroup a row, three passes; lanes are joined in pairs. All t are taken relative to that of the
// likeliest word: where it is nearly certain, the mean nearly equals its t, and the difference would have no digits.

struct Params { first: u32, columns: u32 }

#if QUADS
alias Element = vec4f;
const WIDTH = 4u;
fn largestOf(x: vec4f) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }
fn sumOf(x: vec4f) -> f32 { return (x.x + x.y) + (x.z + x.w); }
#else
alias Element = f32;
const WIDTH = 1u;
fn largestOf(x: f32) -> f32 { return x; }
fn sumOf(x: f32) -> f32 { return x; }
#endif

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<Element>;
@group(0) @binding(2) var<storage, read_write> tangents: array<Element>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read> scale: array<f32>;
@group(0) @binding(5) var<storage, read_write> energies: array<f32>;

struct Top { largest: f32, place: u32 }
var<workgroup> tops: array<Top, LANES>;
// Σ e^(x - largest), and the same times t.
var<workgroup> sums: array<vec2f, LANES>;

fn tangentAt(start: u32, place: u32) -> f32 {
#if QUADS
  return tangents[start + place / 4u][place % 4u];
#else
  return tangents[start + place];
#endif
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let at = params.first + group.x;
  let width = params.columns / WIDTH;
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
  var top = Top(-1e38, 0u);
  for (var i = lane; i < width; i += LANES) {
    let x = logits[start + i];
    if (largestOf(x) > top.largest) {
      top = Top(largestOf(x), WIDTH * i);
#if QUADS
      let hit = x == vec4f(top.largest);
      top.place += select(select(select(3u, 2u, hit.z), 1u, hit.y), 0u, hit.x);
#endif
    }
  }
  tops[lane] = top;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half && tops[lane + half].largest > tops[lane].largest) {
      tops[lane] = tops[lane + half];
    }
  }
  workgroupBarrier();
  let largest = Element(tops[0].largest);
  let anchor = Element(tangentAt(start, tops[0].place));

  var sum = vec2f();
  for (var i = lane; i < width; i += LANES) {
    let powers = exp(logits[start + i] - largest);
    sum += vec2f(sumOf(powers), sumOf(powers * (tangents[start + i] - anchor)));
  }
  sums[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
  }
  workgroupBarrier();
  let total = sums[0].x;
  let mean = Element(sums[0].y / total);
  // A slow lane may still read the sums that are written over below.
  workgroupBarrier();

  let w = weight * scale[0];
  var energy = 0.0;
  for (var i = lane; i < width; i += LANES) {
    let p = exp(logits[start + i] - largest) / total;
    let d = (tangents[start + i] - anchor) - mean;
    energy += sumOf(p * d * d);
    tangents[start + i] = w * p * d;
  }
  sums[lane] = vec2f(energy, 0.0);
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
  }
  if (lane == 0u) {
    energies[at] = 0.5 * w * sums[0].x;
  }
}
