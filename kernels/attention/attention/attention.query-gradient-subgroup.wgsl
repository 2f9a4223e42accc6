// attention.query-gradient.wgsl for software adapters with subgroups, where a load costs as much as fifteen
// multiply-adds and a broadcast as much as one. Formula, bindings and masks are the same.
//
// q, dy, dq  [rows · length, heads, DIM] vec4f: headDim divides by 4
// k, v       [rows · length, kvHeads, DIM] vec4f
// bounds     [rows · length] vec2i
// stats      [rows · length, heads] vec2f: lse · log2 e, delta
//
// Parallel plan: one subgroup (of LANES, a constant from outside, 4 or at least 8) takes 8 queries of one
// head, in two fours, and walks the keys in tiles of 4 · LANES. Scores: lane n holds the keys n, n + LANES,
// ...; a matrix has a column a query and a row a key; queries come by broadcast. Sums: a lane holds 4
// dimensions of each chunk; the ds of a key come by shuffle. No barrier.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"
#include "attention.lanes.wgsl"

@group(0) @binding(5) var<storage, read> dy: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dq: array<vec4f>;

const CHUNKS = (DIM + LANES - 1) / LANES;

// Four queries: what each sees, and its statistics.
struct Queries { first: vec4i, end: vec4i, shift: vec4f, delta: vec4f }

fn fourQueries(row: i32, base: i32, head: u32) -> Queries {
  var found: Queries;
  for (var n = 0; n < 4; n++) {
    let seen = visible(row, base + n);
    let token = u32(row * params.length + min(base + n, params.length - 1));
    let stat = stats[token * params.heads + head];
    found.first[n] = seen.x;
    found.end[n] = seen.y;
    found.shift[n] = stat.x;
    found.delta[n] = stat.y;
  }
  return found;
}

// p · (dp - delta) of query n, 0 where it does not see a key.
fn gradient(queries: Queries, n: i32, s: mat4x4f, dp: mat4x4f, keys: vec4i) -> vec4f {
  let ds = exp2(s[n] - queries.shift[n]) * (dp[n] - queries.delta[n]);
  let seen = (keys >= vec4i(queries.first[n])) & (keys < vec4i(queries.end[n]));
  return select(vec4f(0.0), ds, seen);
}

fn gradients(queries: Queries, s: mat4x4f, dp: mat4x4f, keys: vec4i) -> mat4x4f {
  return mat4x4f(
    gradient(queries, 0, s, dp, keys),
    gradient(queries, 1, s, dp, keys),
    gradient(queries, 2, s, dp, keys),
    gradient(queries, 3, s, dp, keys),
  );
}

@compute @workgroup_size(LANES)
fn main(@builtin(subgroup_invocation_id) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let row = i32(group.z);
  let head = group.y;
  let base = i32(group.x) * 8;
  let low = fourQueries(row, base, head);
  let high = fourQueries(row, base + 4, head);
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
    var lowS = mat4x4f();
    var highS = mat4x4f();
    var lowDp = mat4x4f();
    var highDp = mat4x4f();
    for (var d = 0u; d < DIM; d++) {
      let ks = transpose(mat4x4f(k[kAt.x + d], k[kAt.y + d], k[kAt.z + d], k[kAt.w + d]));
      let vs = transpose(mat4x4f(v[kAt.x + d], v[kAt.y + d], v[kAt.z + d], v[kAt.w + d]));
      let qs = q[qAt + d];
      let dys = dy[qAt + d];
      lowS += ks * lanes0to3(qs);
      lowDp += vs * lanes0to3(dys);
#if NARROW
      highS += ks * lanes0to3(q[qAtHigh + d]);
      highDp += vs * lanes0to3(dy[qAtHigh + d]);
#else
      highS += ks * lanes4to7(qs);
      highDp += vs * lanes4to7(dys);
#endif
    }
    let lowDs = gradients(low, lowS * params.factor, lowDp, keys);
    let highDs = gradients(high, highS * params.factor, highDp, keys);
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      var lowSums = sums[2u * chunk];
      var highSums = sums[2u * chunk + 1u];
      let dAt = kvAt + min(chunk * LANES + lane, DIM - 1u);
      for (var n = 0u; n < LANES; n++) {
        let at = dAt + vec4u(min(tile + i32(n) + steps, vec4i(end - 1))) * kvStride;
        let ks = mat4x4f(k[at.x], k[at.y], k[at.z], k[at.w]);
        lowSums += ks * shuffled(lowDs, n);
        highSums += ks * shuffled(highDs, n);
      }
      sums[2u * chunk] = lowSums;
      sums[2u * chunk + 1u] = highSums;
    }
  }
  for (var n = 0; n < min(8, params.length - base); n++) {
    let at = (u32(rowStart + base + n) * params.heads + head) * DIM;
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      let d = chunk * LANES + lane;
      if (d < DIM) {
        dq[at + d] = sums[2u * chunk + u32(n / 4)][n % 4] * params.scale;
      }
    }
  }
}
