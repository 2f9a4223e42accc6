// The product with k cut into slices, for results that are narrow or low: one token's decoding, LoRA's
// rank, a weight's gradient over many tokens.
//
// Parallel plan: a workgroup computes 8 rows × 32 columns. Its 8 × 8 invocations are 8 places of four
// columns × 8 slices of k: slice s takes blocks s, s + 8, … of four k, so that neighbours in k are
// loaded together; then the slices are added in order. x over columns, y over rows, z over the batch.

#include "matmul.operands.wgsl"

var<workgroup> slices: array<vec4f, 512>;

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) own: vec3u,
) {
  let m = params.m;
  let n = params.n;
  let k = params.k;
  // A slice's neighbours in k stand side by side, as do the elements of a stored row.
#if TRANSPOSE_B
  let slice = own.x;
  let place = own.y;
#else
  let slice = own.y;
  let place = own.x;
#endif
  let row = group.y * 8u;
  let column = group.x * 32u + place * 4u;
  let strideA = strideOfA();
  let strideB = strideOfB();
  let nextA = nextOfA();
  let nextB = nextOfB();
  let down = startOfA(0u, 4u);
  let atA = startOfA(group.z, row);
  let atB = startOfB(group.z, column);
  var upper = mat4x4f();
  var lower = mat4x4f();
  for (var done = slice * 4u; done < k; done += 32u) {
    let left = k - done;
    let i = done / 4u;
    let block = blockOfB(atB + i * nextB, strideB, left);
    upper += block * transpose(blockOfA(atA + i * nextA, strideA, left));
    lower += block * transpose(blockOfA(atA + i * nextA + down, strideA, left));
  }
#if LOW_RANK
  for (var i = slice * 4u; i < params.rank; i += 32u) {
    let block = blockOfUp(column, i);
    upper += block * transpose(blockOfLow(row, i));
    lower += block * transpose(blockOfLow(row + 4u, i));
  }
#endif
  // Slice s sums row s of the eight.
  for (var i = 0u; i < 4u; i++) {
    slices[(slice * 8u + i) * 8u + place] = upper[i];
    slices[(slice * 8u + i + 4u) * 8u + place] = lower[i];
  }
  workgroupBarrier();
  var sum = vec4f();
  for (var i = 0u; i < 8u; i++) {
    sum += slices[(i * 8u + slice) * 8u + place];
  }
#if TRANSPOSE_Y
  // Turned through the same memory, so that a row of y is written by four elements at a time.
  workgroupBarrier();
  slices[slice * 8u + place] = sum;
  workgroupBarrier();
  var block = transpose(mat4x4f(
    slices[(own.y % 2u * 4u) * 8u + own.x], slices[(own.y % 2u * 4u + 1u) * 8u + own.x],
    slices[(own.y % 2u * 4u + 2u) * 8u + own.x], slices[(own.y % 2u * 4u + 3u) * 8u + own.x]));
  let rowY = group.x * 32u + own.x * 4u + own.y / 2u;
  let columnY = row + own.y % 2u * 4u;
  if (rowY < n && columnY < m) {
    put((group.z * n + rowY) * m, columnY, m, block[own.y / 2u]);
  }
#else
  if (row + slice < m && column < n) {
    put((group.z * m + row + slice) * n, column, n, sum);
  }
#endif
}
