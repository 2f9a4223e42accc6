// The product with a matrix whose rows are blocks of short integers, y = a·bᵀ, a block at a time; no
// barriers. Beside matmul.operands.wgsl b is bound a second time, as vectors.
//
// Parallel plan: one subgroup a workgroup, a lane for four columns of b and ROWS rows of a; x over rows, y
// over columns. On a CPU adapter each lane's load is a branch and costs as much as ten additions of all
// lanes, so a lane reads a block of 32 integers with one load (two if they have eight bits), its scale with
// another, and of each row of a four numbers, which the lanes hand round. The integers are masked where
// they stand in their word: that power of two is taken off a, once for all columns. A block's scale is
// multiplied with the sum over the block.

enable subgroups;

#include "matmul.operands.wgsl"

@group(0) @binding(8) var<storage, read> blocks: array<vec4u>;

// Words of integers, a column of b in each component.
#if FOUR_BITS
alias Words = array<vec4u, 4>;
#else
alias Words = array<vec4u, 8>;
#endif

fn columnsOf(w0: vec4u, w1: vec4u, w2: vec4u, w3: vec4u) -> array<vec4u, 4> {
  return array<vec4u, 4>(
    vec4u(w0.x, w1.x, w2.x, w3.x), vec4u(w0.y, w1.y, w2.y, w3.y),
    vec4u(w0.z, w1.z, w2.z, w3.z), vec4u(w0.w, w1.w, w2.w, w3.w));
}

// The block `at` of the first column; the next column's lies `stride` further on.
fn wordsOf(at: u32, stride: u32) -> Words {
#if FOUR_BITS
  return columnsOf(
    blocks[at], blocks[at + stride], blocks[at + 2u * stride], blocks[at + 3u * stride]);
#else
  let lower = 2u * at;
  let upper = lower + 1u;
  let step = 2u * stride;
  let l = columnsOf(
    blocks[lower], blocks[lower + step], blocks[lower + 2u * step], blocks[lower + 3u * step]);
  let u = columnsOf(
    blocks[upper], blocks[upper + step], blocks[upper + 2u * step], blocks[upper + 3u * step]);
  return Words(l[0], l[1], l[2], l[3], u[0], u[1], u[2], u[3]);
#endif
}

// Integers 4 · i to 4 · i + 3 of the block, divided by `powers`: a k in each column of the matrix.
#if FOUR_BITS
const powers = vec4f(1.0, 0x1p-4, 0x1p-8, 0x1p-12);

fn integers(words: Words, i: u32) -> mat4x4f {
  let w = words[i / 2u] >> vec4u(i % 2u * 16u);
  return mat4x4f(
    vec4f(bitcast<vec4i>(w & vec4u(0xfu))), vec4f(bitcast<vec4i>(w & vec4u(0xf0u))),
    vec4f(bitcast<vec4i>(w & vec4u(0xf00u))), vec4f(bitcast<vec4i>(w & vec4u(0xf000u))));
}
#else
const powers = vec4f(0x1p-24);

fn integers(words: Words, i: u32) -> mat4x4f {
  let w = words[i];
  return mat4x4f(
    vec4f(bitcast<vec4i>(w << vec4u(24u))),
    vec4f(bitcast<vec4i>((w << vec4u(16u)) & vec4u(0xff000000u))),
    vec4f(bitcast<vec4i>((w << vec4u(8u)) & vec4u(0xff000000u))),
    vec4f(bitcast<vec4i>(w & vec4u(0xff000000u))));
}
#endif

// What a lane holds of block i of a row of a: four numbers, or eight in a subgroup of four.
alias Share = array<vec4f, SHARE>;

fn shareOf(row: u32, i: u32, lane: u32) -> Share {
  let at = row * strideOfA() + 8u * i + lane % 8u;
#if LANES_4
  return Share(fourOfA(at), fourOfA(at + 4u));
#else
  return Share(fourOfA(at));
#endif
}

// One block's part of four columns, for the row of which the lanes hold v.
fn part(words: Words, scale: vec4f, offset: vec4f, v: Share, lane: u32) -> vec4f {
  let a = v[0] * powers;
  var sum = integers(words, 0u) * subgroupBroadcast(a, 0u);
  sum += integers(words, 1u) * subgroupBroadcast(a, 1u);
  sum += integers(words, 2u) * subgroupBroadcast(a, 2u);
  sum += integers(words, 3u) * subgroupBroadcast(a, 3u);
#if LANES_4
  let b = v[1] * powers;
  sum += integers(words, 4u) * subgroupBroadcast(b, 0u);
  sum += integers(words, 5u) * subgroupBroadcast(b, 1u);
  sum += integers(words, 6u) * subgroupBroadcast(b, 2u);
  sum += integers(words, 7u) * subgroupBroadcast(b, 3u);
#else
  sum += integers(words, 4u) * subgroupBroadcast(a, 4u);
  sum += integers(words, 5u) * subgroupBroadcast(a, 5u);
  sum += integers(words, 6u) * subgroupBroadcast(a, 6u);
  sum += integers(words, 7u) * subgroupBroadcast(a, 7u);
#endif
  sum *= scale;
#if !Q8_0
#if LANES_4
  let four = v[0] + v[1];
#else
  let four = v[0];
#endif
  let own = four.x + four.y + four.z + four.w;
#if LANES_16
  sum += offset * subgroupAdd(select(0.0, own, lane < 8u));
#else
  sum += offset * subgroupAdd(own);
#endif
#endif
  return sum;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let m = params.m;
  let n = params.n;
  let count = params.k / 32u;
  let row = group.x * ROWS;
  let column = (group.y * LANES + lane) * 4u;
  var s0 = vec4f();
#if ROWS_4
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
#endif
#if ROWS_8
  var s4 = vec4f();
  var s5 = vec4f();
  var s6 = vec4f();
  var s7 = vec4f();
#endif
  for (var i = 0u; i < count; i++) {
    let at = column * count + i;
    let words = wordsOf(at, count);
    let pairs = mat4x2f(
      scaleOfb(at), scaleOfb(at + count), scaleOfb(at + 2u * count), scaleOfb(at + 3u * count));
    let scales = transpose(pairs);
    let v0 = shareOf(row, i, lane);
#if ROWS_4
    let v1 = shareOf(row + 1u, i, lane);
    let v2 = shareOf(row + 2u, i, lane);
    let v3 = shareOf(row + 3u, i, lane);
#endif
#if ROWS_8
    let v4 = shareOf(row + 4u, i, lane);
    let v5 = shareOf(row + 5u, i, lane);
    let v6 = shareOf(row + 6u, i, lane);
    let v7 = shareOf(row + 7u, i, lane);
#endif
    s0 += part(words, scales[0], scales[1], v0, lane);
#if ROWS_4
    s1 += part(words, scales[0], scales[1], v1, lane);
    s2 += part(words, scales[0], scales[1], v2, lane);
    s3 += part(words, scales[0], scales[1], v3, lane);
#endif
#if ROWS_8
    s4 += part(words, scales[0], scales[1], v4, lane);
    s5 += part(words, scales[0], scales[1], v5, lane);
    s6 += part(words, scales[0], scales[1], v6, lane);
    s7 += part(words, scales[0], scales[1], v7, lane);
#endif
  }
#if LOW_RANK
  let width = params.rank / 4u;
  for (var i = 0u; i < width; i++) {
    let block = blockOfUp(column, 4u * i);
    let at = row * width + i;
    s0 += block * low[at];
#if ROWS_4
    s1 += block * low[at + 1u * width];
    s2 += block * low[at + 2u * width];
    s3 += block * low[at + 3u * width];
#endif
#if ROWS_8
    s4 += block * low[at + 4u * width];
    s5 += block * low[at + 5u * width];
    s6 += block * low[at + 6u * width];
    s7 += block * low[at + 7u * width];
#endif
  }
#endif
  if (column >= n) {
    return;
  }
#if ROWS_8
  let sums = array<vec4f, ROWS>(s0, s1, s2, s3, s4, s5, s6, s7);
#elif ROWS_4
  let sums = array<vec4f, ROWS>(s0, s1, s2, s3);
#else
  let sums = array<vec4f, ROWS>(s0);
#endif
  for (var i = 0u; i < min(ROWS, m - row); i++) {
    put((row + i) * n, column, n, sums[i]);
  }
}
