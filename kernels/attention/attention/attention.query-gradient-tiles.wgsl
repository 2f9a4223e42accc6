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

struct Params { length: i32, heads: u32, kvHeads: u32, window: i32, causal: i32, factor: f32, scale: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(5) var<storage, read> dy: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dq: array<vec4f>;

const CHUNKS = (DIM + 7) / 8;
// A row of a tile is 8 vec4f and one more, so that neighbours lie in different banks.
const STRIDE = 9u;

var<workgroup> queryTile: array<vec4f, 32 * STRIDE>;
var<workgroup> keyTile: array<vec4f, 32 * STRIDE>;
var<workgroup> gradients: array<vec4f, 256>;
var<workgroup> seen: array<vec2i, 32>;
var<workgroup> range: vec2i;

// The keys [x, y) that a query sees; (length, 0) for padding.
fn visible(row: i32, query: i32) -> vec2i {
  let document = bounds[row * params.length + min(query, params.length - 1)];
  let first = max(document.x, query - params.window + 1);
  let end = min(document.y, select(document.y, query + 1, params.causal == 1));
  return select(vec2i(params.length, 0), vec2i(first, end), first < end);
}

// What the loaded chunk adds to the products of 4 queries and 4 keys.
fn products(x: u32, y4: u32) -> mat4x4f {
  var sum = mat4x4f();
  for (var d = 0u; d < 8u; d++) {
    let at = y4 * STRIDE + d;
    let a = mat4x4f(
      queryTile[at],
      queryTile[at + STRIDE],
      queryTile[at + 2u * STRIDE],
      queryTile[at + 3u * STRIDE],
    );
    let there = x * STRIDE + d;
    let b = mat4x4f(
      keyTile[there],
      keyTile[there + 8u * STRIDE],
      keyTile[there + 16u * STRIDE],
      keyTile[there + 24u * STRIDE],
    );
    sum += transpose(a) * b;
  }
  return sum;
}

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

  if (lane < 32u) {
    seen[lane] = visible(row, base + i32(lane));
  }
  workgroupBarrier();
  if (lane == 0u) {
    var all = vec2i(params.length, 0);
    for (var n = 0u; n < 32u; n++) {
      all = vec2i(min(all.x, seen[n].x), max(all.y, seen[n].y));
    }
    range = all;
  }
  let keys = workgroupUniformLoad(&range);
  let firsts = vec4i(seen[y4].x, seen[y4 + 1u].x, seen[y4 + 2u].x, seen[y4 + 3u].x);
  let ends = vec4i(seen[y4].y, seen[y4 + 1u].y, seen[y4 + 2u].y, seen[y4 + 3u].y);
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
        queryTile[n / 8u * STRIDE + n % 8u] = a;
        keyTile[n / 8u * STRIDE + n % 8u] = b;
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
      gradients[(x + 8u * u32(n)) * 8u + y4 / 4u] = select(vec4f(0.0), ds, (key >= firsts) & (key < ends));
    }
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      for (var n = lane; n < 256u; n += 64u) {
        let d = chunk * 8u + n % 8u;
        let key = u32(rowStart + min(tile + i32(n / 8u), keys.y - 1));
        if (d < DIM) {
          keyTile[n / 8u * STRIDE + n % 8u] = k[(key * params.kvHeads + kvHead) * DIM + d];
        }
      }
      workgroupBarrier();
      var o = sums[chunk];
      for (var key = 0u; key < 32u; key++) {
        let ds = gradients[key * 8u + y4 / 4u];
        let value = keyTile[key * STRIDE + x];
        o += mat4x4f(value * ds.x, value * ds.y, value * ds.z, value * ds.w);
      }
      sums[chunk] = o;
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
