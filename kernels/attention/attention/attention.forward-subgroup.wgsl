// attention.forward.wgsl for software adapters with subgroups, where a load costs as much as fifteen
// multiply-adds and a broadcast as much as one. Formula, bindings and masks are the same.
//
// q, y    [rows · length, heads, DIM] vec4f: headDim divides by 4
// k, v    [rows · length, kvHeads, DIM] vec4f
// bounds  [rows · length] vec2i
// lse     [rows · length, heads] f32
//
// Parallel plan: one subgroup (of LANES, a constant from outside, 4 or at least 8) takes 8 queries of one
// head, in two fours, and walks the keys in tiles of 4 · LANES. Scores: lane n holds the keys n, n + LANES,
// ...; a matrix has a column a query and a row a key; queries come by broadcast. Sums: a lane holds 4
// dimensions of each chunk; the weights of a key come by shuffle. No barrier.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"
#include "attention.lanes.wgsl"

@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

const CHUNKS = (DIM + LANES - 1) / LANES;

fn scaled(a: mat4x4f, by: vec4f) -> mat4x4f {
  return mat4x4f(a[0] * by.x, a[1] * by.y, a[2] * by.z, a[3] * by.w);
}

// Four queries: what each sees, its largest score, this lane's part of its sum.
struct Queries { first: vec4i, end: vec4i, m: vec4f, l: vec4f, kept: vec4f }

fn fourQueries(row: i32, base: i32) -> Queries {
  var found: Queries;
  for (var n = 0; n < 4; n++) {
    let seen = visible(row, base + n);
    found.first[n] = seen.x;
    found.end[n] = seen.y;
  }
  found.m = vec4f(-1e20);
  return found;
}

fn seen(queries: Queries, n: i32, keys: vec4i) -> vec4<bool> {
  return (keys >= vec4i(queries.first[n])) & (keys < vec4i(queries.end[n]));
}

// Scores become weights, 0 where a query does not see a key.
fn weights(queries: ptr<function, Queries>, s: mat4x4f, keys: vec4i) -> mat4x4f {
  let hidden = vec4f(-1e30);
  let a = seen(*queries, 0, keys);
  let b = seen(*queries, 1, keys);
  let c = seen(*queries, 2, keys);
  let d = seen(*queries, 3, keys);
  let t = transpose(mat4x4f(
    select(hidden, s[0], a),
    select(hidden, s[1], b),
    select(hidden, s[2], c),
    select(hidden, s[3], d),
  ));
  let m = max((*queries).m, subgroupMax(max(max(t[0], t[1]), max(t[2], t[3]))));
  let none = vec4f(0.0);
  let p = mat4x4f(
    select(none, exp2(s[0] - m.x), a),
    select(none, exp2(s[1] - m.y), b),
    select(none, exp2(s[2] - m.z), c),
    select(none, exp2(s[3] - m.w), d),
  );
  (*queries).kept = exp2((*queries).m - m);
  (*queries).l = (*queries).l * (*queries).kept + vec4f(1.0) * p;
  (*queries).m = m;
  return p;
}

@compute @workgroup_size(LANES)
fn main(@builtin(subgroup_invocation_id) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let row = i32(group.z);
  let head = group.y;
  let base = i32(group.x) * 8;
  var low = fourQueries(row, base);
  var high = fourQueries(row, base + 4);
  let firsts = min(low.first, high.first);
  let ends = max(low.end, high.end);
  let start = min(min(firsts.x, firsts.y), min(firsts.z, firsts.w));
  let end = max(max(ends.x, ends.y), max(ends.z, ends.w));

  let rowStart = row * params.length;
  let last = params.length - 1;
  let qAt = (u32(rowStart + min(base + i32(lane & 7u), last)) * params.heads + head) * DIM;
#if NARROW
  let qAtHigh = (u32(rowStart + min(base + 4 + i32(lane), last)) * params.heads + head) * DIM;
#endif
  let kvStride = params.kvHeads * DIM;
  let kvAt = u32(rowStart) * kvStride + head * params.kvHeads / params.heads * DIM;
  let steps = vec4i(0, LANES, 2 * LANES, 3 * LANES);

  var sums: array<mat4x4f, 2 * CHUNKS>;
  for (var tile = start; tile < end; tile += 4 * LANES) {
    let keys = tile + i32(lane) + steps;
    let kAt = kvAt + vec4u(min(keys, vec4i(end - 1))) * kvStride;
    var lowScores = mat4x4f();
    var highScores = mat4x4f();
    for (var d = 0u; d < DIM; d++) {
      let ks = transpose(mat4x4f(k[kAt.x + d], k[kAt.y + d], k[kAt.z + d], k[kAt.w + d]));
      let qs = q[qAt + d];
      lowScores += ks * lanes0to3(qs);
#if NARROW
      highScores += ks * lanes0to3(q[qAtHigh + d]);
#else
      highScores += ks * lanes4to7(qs);
#endif
    }
    let lowWeights = weights(&low, lowScores * params.factor, keys);
    let highWeights = weights(&high, highScores * params.factor, keys);
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      var lowSums = scaled(sums[2u * chunk], low.kept);
      var highSums = scaled(sums[2u * chunk + 1u], high.kept);
      let vAt = kvAt + min(chunk * LANES + lane, DIM - 1u);
      for (var n = 0u; n < LANES; n++) {
        let at = vAt + vec4u(min(tile + i32(n) + steps, vec4i(end - 1))) * kvStride;
        let vs = mat4x4f(v[at.x], v[at.y], v[at.z], v[at.w]);
        lowSums += vs * shuffled(lowWeights, n);
        highSums += vs * shuffled(highWeights, n);
      }
      sums[2u * chunk] = lowSums;
      sums[2u * chunk + 1u] = highSums;
    }
  }
  let totals = array<vec4f, 2>(subgroupAdd(low.l), subgroupAdd(high.l));
  let ms = array<vec4f, 2>(low.m, high.m);
  for (var n = 0; n < min(8, params.length - base); n++) {
    let at = u32(rowStart + base + n) * params.heads + head;
    let l = totals[n / 4][n % 4];
    let any = l > 0.0;
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      let d = chunk * LANES + lane;
      if (d < DIM) {
        y[at * DIM + d] = sums[2u * chunk + u32(n / 4)][n % 4] * select(0.0, 1.0 / l, any);
      }
    }
    if (lane == 0u) {
      lse[at] = select(0.0, (ms[n / 4][n % 4] + log2(l)) * 0.6931471805599453, any);
    }
  }
}
