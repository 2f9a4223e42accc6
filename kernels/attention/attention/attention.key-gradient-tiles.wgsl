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

struct Params { length: i32, heads: u32, kvHeads: u32, window: i32, causal: i32, factor: f32, scale: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(5) var<storage, read> dy: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dv: array<vec4f>;

const CHUNKS = (DIM + 7) / 8;
// A row of a tile is 8 vec4f and one more, so that neighbours lie in different banks.
const STRIDE = 9u;

var<workgroup> keyTile: array<vec4f, 32 * STRIDE>;
var<workgroup> queryTile: array<vec4f, 32 * STRIDE>;
var<workgroup> weights: array<vec4f, 256>;
var<workgroup> seen: array<vec2i, 32>;
var<workgroup> range: vec2i;

// The queries [x, y) that see a key; (length, 0) for padding.
fn seeing(row: i32, key: i32) -> vec2i {
  let document = bounds[row * params.length + min(key, params.length - 1)];
  let end = min(document.y, key + params.window);
  let first = max(document.x, select(document.x, key, params.causal == 1));
  return select(vec2i(params.length, 0), vec2i(first, end), first < end);
}

// What the loaded chunk adds to the products of 4 keys and 4 queries.
fn products(x: u32, y4: u32) -> mat4x4f {
  var sum = mat4x4f();
  for (var d = 0u; d < 8u; d++) {
    let at = y4 * STRIDE + d;
    let a = mat4x4f(keyTile[at], keyTile[at + STRIDE], keyTile[at + 2u * STRIDE], keyTile[at + 3u * STRIDE]);
    let there = x * STRIDE + d;
    let b = mat4x4f(
      queryTile[there],
      queryTile[there + 8u * STRIDE],
      queryTile[there + 16u * STRIDE],
      queryTile[there + 24u * STRIDE],
    );
    sum += transpose(a) * b;
  }
  return sum;
}

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

  if (lane < 32u) {
    seen[lane] = seeing(row, base + i32(lane));
  }
  workgroupBarrier();
  if (lane == 0u) {
    var all = vec2i(params.length, 0);
    for (var n = 0u; n < 32u; n++) {
      all = vec2i(min(all.x, seen[n].x), max(all.y, seen[n].y));
    }
    range = all;
  }
  let queries = workgroupUniformLoad(&range);
  let firsts = vec4i(seen[y4].x, seen[y4 + 1u].x, seen[y4 + 2u].x, seen[y4 + 3u].x);
  let ends = vec4i(seen[y4].y, seen[y4 + 1u].y, seen[y4 + 2u].y, seen[y4 + 3u].y);

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
          keyTile[n / 8u * STRIDE + n % 8u] = a;
          queryTile[n / 8u * STRIDE + n % 8u] = b;
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
              queryTile[n / 8u * STRIDE + n % 8u] = dy[at];
            } else {
              queryTile[n / 8u * STRIDE + n % 8u] = q[at];
            }
          }
        }
        workgroupBarrier();
        var o = mat4x4f();
        for (var query = 0u; query < 32u; query++) {
          let w = weights[query * 8u + y4 / 4u];
          let value = queryTile[query * STRIDE + x];
          o += mat4x4f(value * w.x, value * w.y, value * w.z, value * w.w);
        }
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
