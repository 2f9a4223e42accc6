// One token a row from logits x: temperature, then top-k, top-p and min-p (each on what the one before
// left), then the first id, in order of ids, whose cumulative probability exceeds a uniform number.
//   ids    the token;  GREEDY: the lowest id of the largest logit
//   logps  x_id - ln Σ e^x of all logits, without temperature and filters
// Each filter keeps the logits above some bound: the bound is found by bisection over the bit patterns
// of f32, which needs no sort. Equal logits are kept or dropped together.
//
// logits  [rows, columns] f32 (quads where columns divide by 4)
// state   [4] u32: seed (low, high), step, 0;  ids [rows] i32;  logps [rows] f32
//
// Parallel plan: a workgroup a row.

#include "random.wgsl"
#include "numeric.wgsl"
#include "sampling.row.wgsl"

struct Params {
  rows: u32, columns: u32, topK: u32, topP: f32, inverseTemperature: f32, logMinP: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<Element>;
@group(0) @binding(2) var<storage, read_write> ids: array<i32>;
@group(0) @binding(3) var<storage, read_write> logps: array<f32>;
#if !GREEDY
@group(0) @binding(4) var<storage, read> state: array<u32, 4>;
#endif

// The order of floats as an order of words, and back.
fn wordOf(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
fn floatOf(word: u32) -> f32 {
  return bitcast<f32>(select(~word, word & 0x7fffffffu, word >= 0x80000000u));
}

// The highest bound from `floor` up above which at least `wanted` logits, and at least `share` of what lies
// above `floor`, still lie.
fn raised(row: u32, lane: u32, floor: f32, m: f32, wanted: u32, share: f32) -> f32 {
  var low = wordOf(floor);
  var high = wordOf(m);
  var lowCount = 0u;
  var highCount = 0u;
  var mass = 0.0;
  var middle = low;
  loop {
    let found = above(row, lane, floatOf(middle), m, params.inverseTemperature, params.columns);
    if (middle == low) {
      lowCount = found.count;
      mass = share * found.mass;
    } else if (found.count >= wanted && found.mass >= mass) {
      low = middle;
      lowCount = found.count;
    } else {
      high = middle;
      highCount = found.count;
    }
    // With one logit between the two, or as many as wanted above, the bound is found.
    if (high - low <= 1u || lowCount - highCount <= 1u || lowCount == wanted) {
      break;
    }
    middle = low + (high - low) / 2u;
  }
  return floatOf(low);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let row = group.x + group.y * groups.x;
  if (row >= params.rows) {
    return;
  }
  let top = largestOf(row, lane);
  let m = top.x;
  let logSum = log1pAbove(above(row, lane, NONE, m, 1.0, top.id).mass);
  var id = top.id;
#if !GREEDY
  let sharpness = params.inverseTemperature;
  var floor = NONE;
#if FILTERS
  for (var stage = 0u; stage < 2u; stage++) {
    let wanted = select(0u, params.topK, stage == 0u);
    let share = select(0.0, params.topP, stage == 1u);
    if (wanted > 0u || (share > 0.0 && share < 1.0)) {
      floor = raised(row, lane, floor, m, wanted, share);
    }
  }
#endif
  // Each lane sums a stretch of neighbouring ids, so that cumulative sums run in the order of ids.
  let quads = (params.columns + 3u) / 4u;
  let stretch = (quads + LANES - 1u) / LANES;
  var mass = 0.0;
  for (var chunk = lane * stretch; chunk < min((lane + 1u) * stretch, quads); chunk += 16u) {
    var part = vec4f();
    for (var i = chunk; i < min(chunk + 16u, min((lane + 1u) * stretch, quads)); i++) {
      part += weights(quad(row, i), floor, m);
    }
    mass += sum(part);
  }
  masses[lane] = mass;
  workgroupBarrier();
  if (lane == 0u) {
    var total = 0.0;
    for (var other = 0u; other < LANES; other++) {
      total += masses[other];
    }
    let word = philox(vec4u(state[2], row, 0u, 0x73616d70u), vec2u(state[0], state[1])).x;
    let goal = uniform01(word) * total;
    var passed = 0.0;
    var owner = 0u;
    while (owner < LANES - 1u && passed + masses[owner] <= goal) {
      passed += masses[owner];
      owner++;
    }
    var found = false;
    for (var i = owner * stretch; i < min((owner + 1u) * stretch, quads) && !found; i++) {
      let w = weights(quad(row, i), floor, m);
      for (var k = 0u; k < 4u && !found; k++) {
        if (w[k] > 0.0) {
          // Should rounding let the sum end below the goal, the last token stands.
          id = 4u * i + k;
          passed += w[k];
          found = passed > goal;
        }
      }
    }
  }
#endif
  if (lane == 0u) {
    ids[row] = i32(id);
    logps[row] = quad(row, id / 4u)[id % 4u] - m - logSum;
  }
}

#if !GREEDY
// Unnormalised probabilities of what the filters keep, else 0.
fn weights(x: vec4f, floor: f32, m: f32) -> vec4f {
  let d = (x - m) * params.inverseTemperature;
  return select(vec4f(), exp(d), (x > vec4f(floor)) & (d >= vec4f(params.logMinP)));
}
#endif
