// The product with elements of a handed round a subgroup; no barriers.
//
// Parallel plan: one subgroup of LANES a workgroup; x over rows, so that a strip of b stays in the
// cache, y over columns, z over the batch. A lane sums LOADS · LANES rows × 4 columns. For four k at a
// time it loads its own 4 × 4 block of b and, LOADS times, four k of one row of a, which the lanes hand
// round. On a CPU adapter each lane's load of one number costs as much as ten additions of all lanes,
// whatever its address: what counts is how many sums use it.

enable subgroups;

#include "matmul.operands.wgsl"
#include "matmul.four-k.wgsl"

// LANES rows of sums, four in each matrix.
alias Sums = array<mat4x4f, LANES / 4>;

// Adds the products of a block of b with the rows of a that the lanes hold.
fn add(c: ptr<function, Sums>, b: mat4x4f, v: vec4f) {
  (*c)[0][0] += b * subgroupBroadcast(v, 0u);
  (*c)[0][1] += b * subgroupBroadcast(v, 1u);
  (*c)[0][2] += b * subgroupBroadcast(v, 2u);
  (*c)[0][3] += b * subgroupBroadcast(v, 3u);
  (*c)[1][0] += b * subgroupBroadcast(v, 4u);
  (*c)[1][1] += b * subgroupBroadcast(v, 5u);
  (*c)[1][2] += b * subgroupBroadcast(v, 6u);
  (*c)[1][3] += b * subgroupBroadcast(v, 7u);
#if LANES_16
  (*c)[2][0] += b * subgroupBroadcast(v, 8u);
  (*c)[2][1] += b * subgroupBroadcast(v, 9u);
  (*c)[2][2] += b * subgroupBroadcast(v, 10u);
  (*c)[2][3] += b * subgroupBroadcast(v, 11u);
  (*c)[3][0] += b * subgroupBroadcast(v, 12u);
  (*c)[3][1] += b * subgroupBroadcast(v, 13u);
  (*c)[3][2] += b * subgroupBroadcast(v, 14u);
  (*c)[3][3] += b * subgroupBroadcast(v, 15u);
#endif
}

// Writes LOADS · LANES rows × 4 columns of sums.
alias Tile = array<Sums, LOADS>;
fn store(sums: ptr<function, Tile>, batch: u32, row: u32, column: u32) {
  let m = params.m;
  let n = params.n;
  if (column >= n) {
    return;
  }
#if TRANSPOSE_Y
  for (var i = 0u; i < min(LOADS * LANES, m - row); i += 4u) {
    var block = transpose((*sums)[i / LANES][i % LANES / 4u]);
    for (var j = 0u; j < min(4u, n - column); j++) {
      put((batch * n + column + j) * m, row + i, m, block[j]);
    }
  }
#else
  for (var i = 0u; i < min(LOADS * LANES, m - row); i++) {
    put((batch * m + row + i) * n, column, n, (*sums)[i / LANES][i % LANES / 4u][i % 4u]);
  }
#endif
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  // Copied, since a uniform is read again wherever it stands.
  let k = params.k;
  let row = group.x * LOADS * LANES;
  let strideA = strideOfA();
  let strideB = strideOfB();
  let nextA = nextOfA();
  let nextB = nextOfB();
  let down = startOfA(0u, LANES);
  var atA = startOfA(group.z, row + lane);
  let column = (group.y * LANES + lane) * 4u;
  var atB = startOfB(group.z, column);
  var c0: Sums;
#if LOADS_2
  var c1: Sums;
#endif
#if LOADS_4
  var c2: Sums;
  var c3: Sums;
#endif
  // All loads of a turn stand before its arithmetic: each is a branch for each lane.
  for (var done = 0u; done < k; done += 4u) {
    let left = k - done;
    let a0 = fourK(atA, strideA, left);
#if LOADS_2
    let a1 = fourK(atA + down, strideA, left);
#endif
#if LOADS_4
    let a2 = fourK(atA + 2u * down, strideA, left);
    let a3 = fourK(atA + 3u * down, strideA, left);
#endif
    let block = blockOfB(atB, strideB, left);
    add(&c0, block, a0);
#if LOADS_2
    add(&c1, block, a1);
#endif
#if LOADS_4
    add(&c2, block, a2);
    add(&c3, block, a3);
#endif
    atA += nextA;
    atB += nextB;
  }
#if LOW_RANK
  let width = params.rank / 4u;
  for (var i = 0u; i < width; i++) {
    let at = (row + lane) * width + i;
    let block = blockOfUp(column, 4u * i);
    add(&c0, block, low[at]);
#if LOADS_2
    add(&c1, block, low[at + LANES * width]);
#endif
#if LOADS_4
    add(&c2, block, low[at + 2u * LANES * width]);
    add(&c3, block, low[at + 3u * LANES * width]);
#endif
  }
#endif
#if LOADS_4
  var sums = Tile(c0, c1, c2, c3);
#elif LOADS_2
  var sums = Tile(c0, c1);
#else
  var sums = Tile(c0);
#endif
  store(&sums, group.z, row, column);
}
