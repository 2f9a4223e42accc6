// Tiles in workgroup memory: 32 queries (or keys) that the workgroup has, 32 keys (or queries) that it walks past, of
// each 32 dimensions at a time. Invocation (x, y) of 8 × 8 has the own rows y4 to y4 + 3, y4 = 4y, and the others x,
// x + 8, x + 16, x + 24. DIM, a constant from outside, is headDim in vec4f.

const CHUNKS = (DIM + 7) / 8;
// A row of a tile is 8 vec4f and one more, so that neighbours lie in different banks.
const STRIDE = 9u;

var<workgroup> ownTile: array<vec4f, 32 * STRIDE>;
var<workgroup> otherTile: array<vec4f, 32 * STRIDE>;
// A factor for each pair of rows: of other row r and own rows y4 to y4 + 3 at 8 r + y.
var<workgroup> weights: array<vec4f, 256>;
var<workgroup> seen: array<vec2i, 32>;
var<workgroup> range: vec2i;

// Keeps what each of the 32 own rows sees, of which lane n brings the n-th, and returns what any of them sees.
fn seenByAny(lane: u32, mine: vec2i) -> vec2i {
  if (lane < 32u) {
    seen[lane] = mine;
  }
  workgroupBarrier();
  if (lane == 0u) {
    var all = vec2i(params.length, 0);
    for (var n = 0u; n < 32u; n++) {
      all = vec2i(min(all.x, seen[n].x), max(all.y, seen[n].y));
    }
    range = all;
  }
  return workgroupUniformLoad(&range);
}

// Where what four own rows see begins, and where it ends.
fn firstsSeen(y4: u32) -> vec4i {
  return vec4i(seen[y4].x, seen[y4 + 1u].x, seen[y4 + 2u].x, seen[y4 + 3u].x);
}
fn endsSeen(y4: u32) -> vec4i {
  return vec4i(seen[y4].y, seen[y4 + 1u].y, seen[y4 + 2u].y, seen[y4 + 3u].y);
}

// What dimensions 4d to 4d + 3 of the tiles add to the products of 4 own and 4 other rows: a column another row.
fn productsOf(x: u32, y4: u32, d: u32) -> mat4x4f {
  let at = y4 * STRIDE + d;
  let a = mat4x4f(ownTile[at], ownTile[at + STRIDE], ownTile[at + 2u * STRIDE], ownTile[at + 3u * STRIDE]);
  let there = x * STRIDE + d;
  let b = mat4x4f(
    otherTile[there],
    otherTile[there + 8u * STRIDE],
    otherTile[there + 16u * STRIDE],
    otherTile[there + 24u * STRIDE],
  );
  return transpose(a) * b;
}

fn products(x: u32, y4: u32) -> mat4x4f {
  var sum = mat4x4f();
  for (var d = 0u; d < 8u; d++) {
    sum += productsOf(x, y4, d);
  }
  return sum;
}

// `start` and, for 4 own rows, the other rows' dimensions 4x to 4x + 3, each times its weight.
fn weighed(start: mat4x4f, x: u32, y4: u32) -> mat4x4f {
  var sum = start;
  for (var r = 0u; r < 32u; r++) {
    let w = weights[r * 8u + y4 / 4u];
    let value = otherTile[r * STRIDE + x];
    sum += mat4x4f(value * w.x, value * w.y, value * w.z, value * w.w);
  }
  return sum;
}
