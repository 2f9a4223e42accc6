// attention.key-gradient.wgsl for hardware: formula, bindings and masks are the same.
//
// q, dy         [rows · length, heads, DIM] vec4f: headDim divides by 4
// k, v, dk, dv  [rows · length, kvHeads, DIM] vec4f
// bounds        [rows · length] vec2i
// stats         [rows · length, heads] vec2f: lse · log2 e, delta
//
// Parallel plan: 64 invocations, 8 × 8, take 32 keys of one kvHead and walk the queries of each of its heads
// in tiles of 32, through workgroup memory in chunks of 32 dimensions. Invocation (x, y) has the keys 4y to
// 4y + 3 and, of the scores, the queries x, x + 8, x + 16, x + 24; of the sums, dimensions 4x to 4x + 3 of
// each chunk. Matrices of scores have a column a query and a row a key.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"
#include "attention.tiles.wgsl"

@group(0) @binding(5) var<storage, read> dy: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dv: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let row = i32(group.z);
  let kvHead = group.y;
  let heads = params.heads / params.kvHeads;
  let base = i32(group.x) * 32;
  let x = lane % 8u;
  let y4 = lane / 8u * 4u;
  let rowStart = row * params.length;
  let last = params.length - 1;

  let queries = seenByAny(lane, seeing(row, base + i32(lane)));
  let firsts = firstsSeen(y4);
  let ends = endsSeen(y4);

  var dkSums: array<mat4x4f, CHUNKS>;
  var dvSums: array<mat4x4f, CHUNKS>;
  for (var chunk = 0u; chunk < CHUNKS; chunk++) {
    dkSums[chunk] = mat4x4f();
    dvSums[chunk] = mat4x4f();
  }
  for (var head = kvHead * heads; head < (kvHead + 1u) * heads; head++) {
    for (var tile = queries.x; tile < queries.y; tile += 32) {
      var s = mat4x4f();
      var dp = mat4x4f();
      // Twice through the dimensions: k and q first, then v and dy.
      for (var turn = 0u; turn < 2u * CHUNKS; turn++) {
        for (var n = lane; n < 256u; n += 64u) {
          let d = turn % CHUNKS * 8u + n % 8u;
          let at = (u32(rowStart + min(base + i32(n / 8u), last)) * params.kvHeads + kvHead) * DIM + d;
          let there = (u32(rowStart + min(tile + i32(n / 8u), queries.y - 1)) * params.heads + head) * DIM + d;
          var a = vec4f(0.0);
          var b = vec4f(0.0);
          if (d < DIM) {
            if (turn < CHUNKS) {
              a = k[at];
              b = q[there];
            } else {
              a = v[at];
              b = dy[there];
            }
          }
          ownTile[n / 8u * STRIDE + n % 8u] = a;
          otherTile[n / 8u * STRIDE + n % 8u] = b;
        }
        workgroupBarrier();
        let sum = products(x, y4);
        if (turn < CHUNKS) {
          s += sum;
        } else {
          dp += sum;
        }
        workgroupBarrier();
      }
      for (var n = 0; n < 4; n++) {
        let query = tile + i32(x) + 8 * n;
        let stat = stats[u32(rowStart + min(query, queries.y - 1)) * params.heads + head];
        let mask = (vec4i(query) >= firsts) & (vec4i(query) < ends);
        s[n] = select(vec4f(0.0), exp2(s[n] * params.factor - stat.x), mask);
        dp[n] = select(vec4f(0.0), s[n] * (dp[n] - stat.y), mask);
      }
      // Twice again: p · dy makes dv, ds · q makes dk.
      for (var turn = 0u; turn < 2u * CHUNKS; turn++) {
        let chunk = turn % CHUNKS;
        if (chunk == 0u) {
          for (var n = 0u; n < 4u; n++) {
            weights[(x + 8u * n) * 8u + y4 / 4u] = select(s[n], dp[n], turn >= CHUNKS);
          }
        }
        for (var n = lane; n < 256u; n += 64u) {
          let d = chunk * 8u + n % 8u;
          let at = (u32(rowStart + min(tile + i32(n / 8u), queries.y - 1)) * params.heads + head) * DIM + d;
          if (d < DIM) {
            if (turn < CHUNKS) {
              otherTile[n / 8u * STRIDE + n % 8u] = dy[at];
            } else {
              otherTile[n / 8u * STRIDE + n % 8u] = q[at];
            }
          }
        }
        workgroupBarrier();
        let o = weighed(mat4x4f(), x, y4);
        if (turn < CHUNKS) {
          dvSums[chunk] += o;
        } else {
          dkSums[chunk] += o;
        }
        workgroupBarrier();
      }
    }
  }
  for (var n = 0u; n < 4u; n++) {
    let key = base + i32(y4 + n);
    if (key > last) {
      break;
    }
    let at = (u32(rowStart + key) * params.kvHeads + kvHead) * DIM;
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      if (chunk * 8u + x < DIM) {
        dk[at + chunk * 8u + x] = dkSums[chunk][n] * params.scale;
        dv[at + chunk * 8u + x] = dvSums[chunk][n];
      }
    }
  }
}
