// The product with sums in registers and nothing shared: no barriers, no subgroups.
// Continues matmul.operands.wgsl.
//
// Parallel plan: an invocation sums 8 rows × 4 columns, from a block of b and two of a for four k at
// a time; 8 × 8 invocations a workgroup, x over columns, y over rows, z over the batch.

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = params.m;
  let n = params.n;
  let k = params.k;
  let column = id.x * 4u;
  let row = id.y * 8u;
  if (row >= m || column >= n) {
    return;
  }
  let strideA = strideOfA();
  let strideB = strideOfB();
  let nextA = nextOfA();
  let nextB = nextOfB();
  let down = startOfA(0u, 4u);
  var atA = startOfA(id.z, row);
  var atB = startOfB(id.z, column);
  // A row of y in each column of the matrices.
  var upper = mat4x4f();
  var lower = mat4x4f();
  for (var done = 0u; done < k; done += 4u) {
    let left = k - done;
    let a0 = blockOfA(atA, strideA, left);
    let a1 = blockOfA(atA + down, strideA, left);
    let block = blockOfB(atB, strideB, left);
    upper += block * transpose(a0);
    lower += block * transpose(a1);
    atA += nextA;
    atB += nextB;
  }
#if LOW_RANK
  for (var i = 0u; i < params.rank; i += 4u) {
    let block = blockOfUp(column, i);
    upper += block * transpose(blockOfLow(row, i));
    lower += block * transpose(blockOfLow(row + 4u, i));
  }
#endif
  var both = array<mat4x4f, 2>(upper, lower);
  for (var i = 0u; i < min(8u, m - row); i++) {
    put((id.z * m + row + i) * n, column, n, both[i / 4u][i % 4u]);
  }
}
