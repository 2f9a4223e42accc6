// The product with tiles of a and b in workgroup memory, for hardware.
//
// Parallel plan: a workgroup computes 64 × 64 elements, 128 invocations of 8 rows × 4 columns each.
// For 16 k at a time half of the invocations load a 4 × 4 block of a each, half of b, while the 16 k
// before are multiplied: two tiles take turns, and one barrier a turn is enough.
// x over columns, y over rows, z over the batch.

#include "matmul.operands.wgsl"

// For each of two tiles and 16 k: 16 places of four rows of a, then 16 of four columns of b.
var<workgroup> tiles: array<vec4f, 1024>;

@compute @workgroup_size(128)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) own: u32,
) {
  let m = params.m;
  let n = params.n;
  let k = params.k;
  // What this invocation loads: block `place` of a or b, for the four k from `depth` on.
  let ofA = own < 64u;
#if TRANSPOSE_A
  let placeA = own % 16u;
  let depthA = own / 16u % 4u;
#else
  let placeA = own / 4u % 16u;
  let depthA = own % 4u;
#endif
#if TRANSPOSE_B
  let placeB = own / 4u % 16u;
  let depthB = own % 4u;
#else
  let placeB = own % 16u;
  let depthB = own / 16u % 4u;
#endif
  let rowOfA = min(group.y * 64u + placeA * 4u, m - 1u);
  let columnOfB = min(group.x * 64u + placeB * 4u, n - 1u);
  let depth = 4u * select(depthB, depthA, ofA);
  let cell = depth * 32u + select(16u + placeB, placeA, ofA);
  let strideA = strideOfA();
  let strideB = strideOfB();
  let nextA = nextOfA();
  let nextB = nextOfB();
  let atA = startOfA(group.z, rowOfA);
  let atB = startOfB(group.z, columnOfB);
  let turns = (k + 15u) / 16u;
#if LOW_RANK
  let turnsInAll = turns + (params.rank + 15u) / 16u;
#else
  let turnsInAll = turns;
#endif
  // What it computes.
  let rowPlace = own / 16u * 2u;
  let columnPlace = 16u + own % 16u;
  var upper = mat4x4f();
  var lower = mat4x4f();
  for (var turn = 0u; turn <= turnsInAll; turn++) {
    var block = mat4x4f();
    if (turn < turns) {
      let first = turn * 16u + depth;
      let left = k - min(first, k);
      if (ofA) {
        block = blockOfA(atA + first / 4u * nextA, strideA, left);
      } else {
        block = blockOfB(atB + first / 4u * nextB, strideB, left);
      }
    }
#if LOW_RANK
    let first = (turn - turns) * 16u + depth;
    if (turn >= turns && first < params.rank) {
      if (ofA) {
        block = blockOfLow(rowOfA, first);
      } else {
        block = blockOfUp(columnOfB, first);
      }
    }
#endif
    if (turn > 0u) {
      let tile = (turn - 1u) % 2u * 512u;
      for (var i = 0u; i < 16u; i++) {
        let at = tile + i * 32u;
        let a0 = tiles[at + rowPlace];
        let a1 = tiles[at + rowPlace + 1u];
        let b0 = tiles[at + columnPlace];
        upper[0] += a0.x * b0;
        upper[1] += a0.y * b0;
        upper[2] += a0.z * b0;
        upper[3] += a0.w * b0;
        lower[0] += a1.x * b0;
        lower[1] += a1.y * b0;
        lower[2] += a1.z * b0;
        lower[3] += a1.w * b0;
      }
    }
    let at = turn % 2u * 512u + cell;
    tiles[at] = block[0];
    tiles[at + 32u] = block[1];
    tiles[at + 64u] = block[2];
    tiles[at + 96u] = block[3];
    workgroupBarrier();
  }
  let row = group.y * 64u + own / 16u * 8u;
  let column = group.x * 64u + own % 16u * 4u;
  if (row >= m || column >= n) {
    return;
  }
  var both = array<mat4x4f, 2>(upper, lower);
  for (var i = 0u; i < min(8u, m - row); i++) {
    put((group.z * m + row + i) * n, column, n, both[i / 4u][i % 4u]);
  }
}
