// attention.key-gradient.wgsl for software adapters with subgroups, where a load costs as much as fifteen
// multiply-adds and a broadcast as much as one. Formula, bindings and masks are the same.
//
// q, dy         [rows · length, heads, DIM] vec4f: headDim divides by 4
// k, v, dk, dv  [rows · length, kvHeads, DIM] vec4f
// bounds        [rows · length] vec2i
// stats         [rows · length, heads] vec2f: lse · log2 e, delta
//
// Parallel plan: one subgroup (of LANES, a constant from outside, 4 or at least 8) takes 8 keys of one
// kvHead, in two fours, and walks the queries of each of its heads in tiles of 4 · LANES. Scores: lane n
// holds the queries n, n + LANES, ...; a matrix has a column a key and a row a query; keys come by
// broadcast. Sums: a lane holds 4 dimensions of each chunk; a query's p and ds come by shuffle. No barrier.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"
#include "attention.lanes.wgsl"

@group(0) @binding(5) var<storage, read> dy: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dv: array<vec4f>;

const CHUNKS = (DIM + LANES - 1) / LANES;

// Four keys: which queries see each.
struct Keys { first: vec4i, end: vec4i }

fn fourKeys(row: i32, base: i32) -> Keys {
  var found: Keys;
  for (var n = 0; n < 4; n++) {
    let seen = seeing(row, base + n);
    found.first[n] = seen.x;
    found.end[n] = seen.y;
  }
  return found;
}

// `a` where a query (row) sees a key (column), else 0.
fn masked(keys: Keys, a: mat4x4f, queries: vec4i) -> mat4x4f {
  let none = vec4f(0.0);
  return mat4x4f(
    select(none, a[0], (queries >= vec4i(keys.first.x)) & (queries < vec4i(keys.end.x))),
    select(none, a[1], (queries >= vec4i(keys.first.y)) & (queries < vec4i(keys.end.y))),
    select(none, a[2], (queries >= vec4i(keys.first.z)) & (queries < vec4i(keys.end.z))),
    select(none, a[3], (queries >= vec4i(keys.first.w)) & (queries < vec4i(keys.end.w))),
  );
}

fn powers(s: mat4x4f, shift: vec4f) -> mat4x4f {
  return mat4x4f(exp2(s[0] - shift), exp2(s[1] - shift), exp2(s[2] - shift), exp2(s[3] - shift));
}

fn gradients(p: mat4x4f, dp: mat4x4f, delta: vec4f) -> mat4x4f {
  return mat4x4f(
    p[0] * (dp[0] - delta),
    p[1] * (dp[1] - delta),
    p[2] * (dp[2] - delta),
    p[3] * (dp[3] - delta),
  );
}

@compute @workgroup_size(LANES)
fn main(@builtin(subgroup_invocation_id) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let row = i32(group.z);
  let kvHead = group.y;
  let base = i32(group.x) * 8;
  let low = fourKeys(row, base);
  let high = fourKeys(row, base + 4);
  let firsts = min(low.first, high.first);
  let ends = max(low.end, high.end);
  let start = min(min(firsts.x, firsts.y), min(firsts.z, firsts.w));
  let end = max(max(ends.x, ends.y), max(ends.z, ends.w));

  let rowStart = row * params.length;
  let last = params.length - 1;
  let kAt = (u32(rowStart + min(base + i32(lane & 7u), last)) * params.kvHeads + kvHead) * DIM;
#if NARROW
  let kAtHigh = (u32(rowStart + min(base + 4 + i32(lane), last)) * params.kvHeads + kvHead) * DIM;
#endif
  let heads = params.heads / params.kvHeads;
  let steps = vec4i(0, LANES, 2 * LANES, 3 * LANES);

  var dkSums: array<mat4x4f, 2 * CHUNKS>;
  var dvSums: array<mat4x4f, 2 * CHUNKS>;
  for (var head = kvHead * heads; head < (kvHead + 1u) * heads; head++) {
    for (var tile = start; tile < end; tile += 4 * LANES) {
      let queries = tile + i32(lane) + steps;
      let qHead = vec4u(rowStart + min(queries, vec4i(end - 1))) * params.heads + head;
      let qAt = qHead * DIM;
      var lowS = mat4x4f();
      var highS = mat4x4f();
      var lowDp = mat4x4f();
      var highDp = mat4x4f();
      for (var d = 0u; d < DIM; d++) {
        let qs = transpose(mat4x4f(q[qAt.x + d], q[qAt.y + d], q[qAt.z + d], q[qAt.w + d]));
        let dys = transpose(mat4x4f(dy[qAt.x + d], dy[qAt.y + d], dy[qAt.z + d], dy[qAt.w + d]));
        let ks = k[kAt + d];
        let vs = v[kAt + d];
        lowS += qs * lanes0to3(ks);
        lowDp += dys * lanes0to3(vs);
#if NARROW
        highS += qs * lanes0to3(k[kAtHigh + d]);
        highDp += dys * lanes0to3(v[kAtHigh + d]);
#else
        highS += qs * lanes4to7(ks);
        highDp += dys * lanes4to7(vs);
#endif
      }
      let stat = transpose(mat4x2f(stats[qHead.x], stats[qHead.y], stats[qHead.z], stats[qHead.w]));
      let lowP = masked(low, powers(lowS * params.factor, stat[0]), queries);
      let highP = masked(high, powers(highS * params.factor, stat[0]), queries);
      let lowDs = masked(low, gradients(lowP, lowDp, stat[1]), queries);
      let highDs = masked(high, gradients(highP, highDp, stat[1]), queries);
      for (var chunk = 0u; chunk < CHUNKS; chunk++) {
        var lowDk = dkSums[2u * chunk];
        var highDk = dkSums[2u * chunk + 1u];
        var lowDv = dvSums[2u * chunk];
        var highDv = dvSums[2u * chunk + 1u];
        let d = min(chunk * LANES + lane, DIM - 1u);
        for (var n = 0u; n < LANES; n++) {
          let at = (vec4u(rowStart + min(tile + i32(n) + steps, vec4i(end - 1))) * params.heads + head) * DIM + d;
          let qs = mat4x4f(q[at.x], q[at.y], q[at.z], q[at.w]);
          let dys = mat4x4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
          lowDk += qs * shuffled(lowDs, n);
          highDk += qs * shuffled(highDs, n);
          lowDv += dys * shuffled(lowP, n);
          highDv += dys * shuffled(highP, n);
        }
        dkSums[2u * chunk] = lowDk;
        dkSums[2u * chunk + 1u] = highDk;
        dvSums[2u * chunk] = lowDv;
        dvSums[2u * chunk + 1u] = highDv;
      }
    }
  }
  for (var n = 0; n < min(8, params.length - base); n++) {
    let at = (u32(rowStart + base + n) * params.kvHeads + kvHead) * DIM;
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      let d = chunk * LANES + lane;
      if (d < DIM) {
        dk[at + d] = dkSums[2u * chunk + u32(n / 4)][n % 4] * params.scale;
        dv[at + d] = dvSums[2u * chunk + u32(n / 4)][n % 4];
      }
    }
  }
}
