// The product with sums in registers and nothing shared: no barriers, no subgroups.
//
// Parallel plan: an invocation sums 8 rows × 8 columns, from two blocks of a and two of b for four k
// at a time; 8 × 8 invocations a workgroup, x over columns, y over rows, z over the batch.

#include "matmul.operands.wgsl"

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) own: vec3u) {
  let m = params.m;
  let n = params.n;
  let k = params.k;
  // The two blocks of columns lie apart, so that neighbours load neighbouring columns.
  let column = group.x * 64u + own.x * 4u;
  let row = (group.y * 8u + own.y) * 8u;
  if (row >= m || column >= n) {
    return;
  }
  let strideA = strideOfA();
  let strideB = strideOfB();
  let nextA = nextOfA();
  let nextB = nextOfB();
  let down = startOfA(0u, 4u);
  let aside = startOfB(0u, 32u);
  var atA = startOfA(group.z, row);
  var atB = startOfB(group.z, column);
  // A row of y in each column of the matrices.
  var upperLeft = mat4x4f();
  var upperRight = mat4x4f();
  var lowerLeft = mat4x4f();
  var lowerRight = mat4x4f();
  for (var done = 0u; done < k; done += 4u) {
    let left = k - done;
    let a0 = transpose(blockOfA(atA, strideA, left));
    let a1 = transpose(blockOfA(atA + down, strideA, left));
    let b0 = blockOfB(atB, strideB, left);
    let b1 = blockOfB(atB + aside, strideB, left);
    upperLeft += b0 * a0;
    upperRight += b1 * a0;
    lowerLeft += b0 * a1;
    lowerRight += b1 * a1;
    atA += nextA;
    atB += nextB;
  }
#if LOW_RANK
  for (var i = 0u; i < params.rank; i += 4u) {
    let a0 = transpose(blockOfLow(row, i));
    let a1 = transpose(blockOfLow(row + 4u, i));
    let b0 = blockOfUp(column, i);
    let b1 = blockOfUp(column + 32u, i);
    upperLeft += b0 * a0;
    upperRight += b1 * a0;
    lowerLeft += b0 * a1;
    lowerRight += b1 * a1;
  }
#endif
  var sums = array<mat4x4f, 4>(upperLeft, lowerLeft, upperRight, lowerRight);
  for (var i = 0u; i < 16u; i++) {
    let rowOfY = row + i % 8u;
    let columnOfY = column + i / 8u * 32u;
    if (rowOfY < m && columnOfY < n) {
      put((group.z * m + rowOfY) * n, columnOfY, n, sums[i / 4u][i % 4u]);
    }
  }
}
