// What the variants of y = scale · (op(a)·op(b) + low·op(up)) (+ bias) (+ addend) (+ y) share.
//
// a       [batch, m, k], or [batch, k, m] if TRANSPOSE_A; f32, or f16 if HALF_A
// b       [batch, k, n], or [batch, n, k] if TRANSPOSE_B; f32, or a weight's format (quantised.wgsl)
// low     [m, rank] with LOW_RANK: a second pair of factors, as LoRA has
// up      [n, rank] if TRANSPOSE_B, else [rank, n]
// bias    [n], or [m] if TRANSPOSE_Y
// addend  [batch, m, n], as y
// y       [batch, m, n], or [batch, n, m] if TRANSPOSE_Y
//
// BLOCKS: of the product only three blocks along y's diagonal are kept, which meet at (row1, column1) and
// (row2, column2); the rest is zero. One batch.
// VECTOR_A, VECTOR_B, VECTOR_Y: rows of a, b, y, as they are stored, are a multiple of four long.

#if VECTOR_B
#include "quantised.wgsl"
#endif

struct Params {
  m: u32, n: u32, k: u32, rank: u32, scale: f32, scales: u32,
  row1: u32, row2: u32, column1: u32, column2: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
#if HALF_A
@group(0) @binding(1) var<storage, read> a: array<vec2u>;
#elif VECTOR_A
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
#else
@group(0) @binding(1) var<storage, read> a: array<f32>;
#endif
#if HALF
@group(0) @binding(2) var<storage, read> b: array<vec2u>;
#elif QUANTISED
@group(0) @binding(2) var<storage, read> b: array<u32>;
#elif VECTOR_B
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
#else
@group(0) @binding(2) var<storage, read> b: array<f32>;
#endif
#if VECTOR_Y
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
#else
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
#endif
#if BIAS
@group(0) @binding(4) var<storage, read> bias: array<f32>;
#endif
#if ADDEND
#if VECTOR_Y
@group(0) @binding(5) var<storage, read> addend: array<vec4f>;
#else
@group(0) @binding(5) var<storage, read> addend: array<f32>;
#endif
#endif
#if LOW_RANK
@group(0) @binding(6) var<storage, read> low: array<vec4f>;
@group(0) @binding(7) var<storage, read> up: array<vec4f>;
#endif

// Places in a and b are counted in loads: in fours where rows are stored as vectors, else in numbers.
#if VECTOR_A
fn loadsOfA(numbers: u32) -> u32 { return numbers / 4u; }
#else
fn loadsOfA(numbers: u32) -> u32 { return numbers; }
#endif
#if VECTOR_B
fn loadsOfB(numbers: u32) -> u32 { return numbers / 4u; }
#else
fn loadsOfB(numbers: u32) -> u32 { return numbers; }
#endif

fn fourOfA(at: u32) -> vec4f {
#if HALF_A
  let pair = a[at];
  return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
#elif VECTOR_A
  return a[at];
#else
  return vec4f(a[at], a[at + 1u], a[at + 2u], a[at + 3u]);
#endif
}

fn fourOfB(at: u32) -> vec4f {
#if VECTOR_B
  return fourOfb(at);
#else
  return vec4f(b[at], b[at + 1u], b[at + 2u], b[at + 3u]);
#endif
}

// Where the first k of a row of a, or of a column of b, lies.
fn startOfA(batch: u32, row: u32) -> u32 {
#if TRANSPOSE_A
  return loadsOfA(batch * params.m * params.k + row);
#else
  return loadsOfA((batch * params.m + row) * params.k);
#endif
}
fn startOfB(batch: u32, column: u32) -> u32 {
#if TRANSPOSE_B
  return loadsOfB((batch * params.n + column) * params.k);
#else
  return loadsOfB(batch * params.k * params.n + column);
#endif
}

// From one row of the stored matrix to the next, and from four k to the next four.
fn strideOfA() -> u32 {
#if TRANSPOSE_A
  return loadsOfA(params.m);
#else
  return loadsOfA(params.k);
#endif
}
fn strideOfB() -> u32 {
#if TRANSPOSE_B
  return loadsOfB(params.k);
#else
  return loadsOfB(params.n);
#endif
}
fn nextOfA() -> u32 {
#if TRANSPOSE_A
  return 4u * strideOfA();
#else
  return loadsOfA(4u);
#endif
}
fn nextOfB() -> u32 {
#if TRANSPOSE_B
  return loadsOfB(4u);
#else
  return 4u * strideOfB();
#endif
}

// A block is four k × four rows of a, or × four columns of b: a k in each column of the matrix.
// What lies past the end of k is zero; past m and n anything may stand, it is not stored.
fn within(block: mat4x4f, left: u32) -> mat4x4f {
#if ODD_K
  return mat4x4f(
    select(vec4f(), block[0], left > 0u), select(vec4f(), block[1], left > 1u),
    select(vec4f(), block[2], left > 2u), select(vec4f(), block[3], left > 3u));
#else
  return block;
#endif
}
fn blockOfA(at: u32, stride: u32, left: u32) -> mat4x4f {
  let block = mat4x4f(
    fourOfA(at), fourOfA(at + stride), fourOfA(at + 2u * stride), fourOfA(at + 3u * stride));
#if TRANSPOSE_A
  return within(block, left);
#else
  return within(transpose(block), left);
#endif
}
fn blockOfB(at: u32, stride: u32, left: u32) -> mat4x4f {
  let block = mat4x4f(
    fourOfB(at), fourOfB(at + stride), fourOfB(at + 2u * stride), fourOfB(at + 3u * stride));
#if TRANSPOSE_B
  return within(transpose(block), left);
#else
  return within(block, left);
#endif
}

#if LOW_RANK
// The same of the low-rank pair, whose rank is a multiple of four.
fn blockOfUp(column: u32, i: u32) -> mat4x4f {
#if TRANSPOSE_B
  let stride = params.rank / 4u;
  let at = column * stride + i / 4u;
  return transpose(mat4x4f(up[at], up[at + stride], up[at + 2u * stride], up[at + 3u * stride]));
#else
  let stride = params.n / 4u;
  let at = i * stride + column / 4u;
  return mat4x4f(up[at], up[at + stride], up[at + 2u * stride], up[at + 3u * stride]);
#endif
}
fn blockOfLow(row: u32, i: u32) -> mat4x4f {
  let stride = params.rank / 4u;
  let at = row * stride + i / 4u;
  return transpose(
    mat4x4f(low[at], low[at + stride], low[at + 2u * stride], low[at + 3u * stride]));
}
#endif

#if BLOCKS
// Zeros where columns from `column` on are outside the block of their row.
fn inBlock(row: u32, column: u32, product: vec4f) -> vec4f {
  let rows = vec4u(u32(row >= params.row1) + u32(row >= params.row2));
  let at = column + vec4u(0u, 1u, 2u, 3u);
  let columns = vec4u(at >= vec4u(params.column1)) + vec4u(at >= vec4u(params.column2));
  return select(vec4f(), product, rows == columns);
}
#endif

// Up to four elements of a row of y, from `column` on of `width`.
fn put(rowStart: u32, column: u32, width: u32, product: vec4f) {
  var sum = product * params.scale;
#if BLOCKS
#if TRANSPOSE_Y
  sum = inBlock(rowStart / params.m, column, sum);
#else
  sum = inBlock(rowStart / params.n, column, sum);
#endif
#endif
#if BIAS
  sum += vec4f(bias[column], bias[column + 1u], bias[column + 2u], bias[column + 3u]);
#endif
  let at = rowStart + column;
#if VECTOR_Y
#if ADDEND
  sum += addend[at / 4u];
#endif
#if ACCUMULATE
  sum += y[at / 4u];
#endif
  y[at / 4u] = sum;
#else
  for (var i = 0u; i < min(4u, width - column); i++) {
#if ADDEND
    sum[i] += addend[at + i];
#endif
#if ACCUMULATE
    sum[i] += y[at + i];
#endif
    y[at + i] = sum[i];
  }
#endif
}
