// attention.query-gradient.wgsl for hardware: formula, bindings and masks are the same.
//
// q, dy, dq  [rows · length, heads, DIM] vec4f: headDim divides by 4
// k, v       [rows · length, kvHeads, DIM] vec4f
// bounds     [rows · length] vec2i
// stats      [rows · length, heads] vec2f: lse · log2 e, delta
//
// Parallel plan: 64 invocations, 8 × 8, take 32 queries of one head and walk the keys in tiles of 32, through
// workgroup memory in chunks of 32 dimensions. Invocation (x, y) has the queries 4y to 4y + 3 and, of the
// scores, the keys x, x + 8, x + 16, x + 24; of the sums, dimensions 4x to 4x + 3 of each chunk. Matrices of
// scores have a column a key and a row a query.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"
#include "attention.tiles.wgsl"

@group(0) @binding(5) var<storage, read> dy: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dq: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let row = i32(group.z);
  let head = group.y;
  let kvHead = head * params.kvHeads / params.heads;
  let base = i32(group.x) * 32;
  let x = lane % 8u;
  let y4 = lane / 8u * 4u;
  let rowStart = row * params.length;
  let last = params.length - 1;

  let keys = seenByAny(lane, visible(row, base + i32(lane)));
  let firsts = firstsSeen(y4);
  let ends = endsSeen(y4);
  var shift: vec4f;
  var delta: vec4f;
  for (var n = 0; n < 4; n++) {
    let query = u32(rowStart + min(base + i32(y4) + n, last));
    let stat = stats[query * params.heads + head];
    shift[n] = stat.x;
    delta[n] = stat.y;
  }

  var sums: array<mat4x4f, CHUNKS>;
  for (var chunk = 0u; chunk < CHUNKS; chunk++) {
    sums[chunk] = mat4x4f();
  }
  for (var tile = keys.x; tile < keys.y; tile += 32) {
    var s = mat4x4f();
    var dp = mat4x4f();
    // Twice through the dimensions: q and k first, then dy and v.
    for (var turn = 0u; turn < 2u * CHUNKS; turn++) {
      let chunk = turn % CHUNKS;
      for (var n = lane; n < 256u; n += 64u) {
        let d = chunk * 8u + n % 8u;
        let at = (u32(rowStart + min(base + i32(n / 8u), last)) * params.heads + head) * DIM + d;
        let there = (u32(rowStart + min(tile + i32(n / 8u), keys.y - 1)) * params.kvHeads + kvHead) * DIM + d;
        var a = vec4f(0.0);
        var b = vec4f(0.0);
        if (d < DIM) {
          if (turn < CHUNKS) {
            a = q[at];
            b = k[there];
          } else {
            a = dy[at];
            b = v[there];
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
      let key = vec4i(tile + i32(x) + 8 * n);
      let ds = exp2(s[n] * params.factor - shift) * (dp[n] - delta);
      weights[(x + 8u * u32(n)) * 8u + y4 / 4u] = select(vec4f(0.0), ds, (key >= firsts) & (key < ends));
    }
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      for (var n = lane; n < 256u; n += 64u) {
        let d = chunk * 8u + n % 8u;
        let key = u32(rowStart + min(tile + i32(n / 8u), keys.y - 1));
        if (d < DIM) {
          otherTile[n / 8u * STRIDE + n % 8u] = k[(key * params.kvHeads + kvHead) * DIM + d];
        }
      }
      workgroupBarrier();
      sums[chunk] = weighed(sums[chunk], x, y4);
      workgroupBarrier();
    }
  }
  for (var n = 0u; n < 4u; n++) {
    let query = base + i32(y4 + n);
    if (query > last) {
      break;
    }
    let at = (u32(rowStart + query) * params.heads + head) * DIM;
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      if (chunk * 8u + x < DIM) {
        dq[at + chunk * 8u + x] = sums[chunk][n] * params.scale;
      }
    }
  }
}
