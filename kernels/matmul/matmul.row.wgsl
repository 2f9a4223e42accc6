// One row times a matrix stored by its columns, y = a·bᵀ with m = 1: decoding, one token at a time.
//
// Parallel plan: a subgroup of LANES a workgroup computes 8 elements of y. The lanes share out k by
// fours, so that an element of a is loaded once for 8 of b; a sum over the subgroup ends each product.
// x over columns, z over the batch.

enable subgroups;

#include "matmul.operands.wgsl"

fn total(v: vec4f) -> f32 {
  return subgroupAdd(v.x + v.y + v.z + v.w);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let n = params.n;
  let column = group.x * 8u;
  let atA = startOfA(group.z, 0u);
  let atB = startOfB(group.z, column);
  let stride = strideOfB();
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  var s4 = vec4f();
  var s5 = vec4f();
  var s6 = vec4f();
  var s7 = vec4f();
  for (var i = lane; i < stride; i += LANES) {
    let v = fourOfA(atA + i);
    let at = atB + i;
    s0 += v * fourOfB(at);
    s1 += v * fourOfB(at + stride);
    s2 += v * fourOfB(at + 2u * stride);
    s3 += v * fourOfB(at + 3u * stride);
    s4 += v * fourOfB(at + 4u * stride);
    s5 += v * fourOfB(at + 5u * stride);
    s6 += v * fourOfB(at + 6u * stride);
    s7 += v * fourOfB(at + 7u * stride);
  }
#if LOW_RANK
  let width = params.rank / 4u;
  for (var i = lane; i < width; i += LANES) {
    let v = low[i];
    let at = column * width + i;
    s0 += v * up[at];
    s1 += v * up[at + width];
    s2 += v * up[at + 2u * width];
    s3 += v * up[at + 3u * width];
    s4 += v * up[at + 4u * width];
    s5 += v * up[at + 5u * width];
    s6 += v * up[at + 6u * width];
    s7 += v * up[at + 7u * width];
  }
#endif
  var sums = array<vec4f, 2>(
    vec4f(total(s0), total(s1), total(s2), total(s3)),
    vec4f(total(s4), total(s5), total(s6), total(s7)));
  if (lane < 2u && column + 4u * lane < n) {
    put(group.z * n, column + 4u * lane, n, sums[lane]);
  }
}
