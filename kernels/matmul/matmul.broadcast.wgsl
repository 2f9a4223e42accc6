// y = scale · op(a) · op(b) (+ bias) (+ y), with elements of a handed round a subgroup, no barriers.
//
// a     [batch, m, k], or [batch, k, m] if TRANSPOSE_A
// b     [batch, k, n], or [batch, n, k] if TRANSPOSE_B
// bias  [n]; y [batch, m, n]. With TRANSPOSE_Y, bias is [m] and y [batch, n, m].
//
// Parallel plan: one subgroup of LANES a workgroup; x over rows, so that a strip of b stays in the
// cache, y over columns, z over the batch. A lane sums LOADS · LANES rows × 4 columns. For four k at
// a time it loads its own 4 × 4 block of b and, LOADS times, four k of one row of a, which the lanes
// hand round. On a CPU adapter each lane's load of one number costs as much as ten additions of all
// lanes, whatever its address: what counts is how many sums use it, and that the loop stays small.

enable subgroups;

struct Params { m: u32, n: u32, k: u32, scale: f32 }

@group(0) @binding(0) var<uniform> params: Params;
#if VECTOR_A
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
#else
@group(0) @binding(1) var<storage, read> a: array<f32>;
#endif
#if VECTOR_B
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

// Four k of one row of a, `stride` apart; those past the end of k are zero.
fn loadA(at: u32, stride: u32, left: u32) -> vec4f {
#if VECTOR_A
  return a[at / 4u];
#else
  let v = vec4f(a[at], a[at + stride], a[at + 2u * stride], a[at + 3u * stride]);
  return select(vec4f(), v, vec4u(0u, 1u, 2u, 3u) < vec4u(left));
#endif
}

fn fourOfB(at: u32) -> vec4f {
#if VECTOR_B
  return b[at / 4u];
#else
  return vec4f(b[at], b[at + 1u], b[at + 2u], b[at + 3u]);
#endif
}

// Four k × four columns of b, a k in each column of the matrix; k past the end are zero.
fn loadB(at: u32, stride: u32, left: u32) -> mat4x4f {
  var block = mat4x4f(
    fourOfB(at), fourOfB(at + stride), fourOfB(at + 2u * stride), fourOfB(at + 3u * stride));
#if TRANSPOSE_B
  block = transpose(block);
#endif
#if ODD_K
  block[1] = select(vec4f(), block[1], left > 1u);
  block[2] = select(vec4f(), block[2], left > 2u);
  block[3] = select(vec4f(), block[3], left > 3u);
#endif
  return block;
}

// LANES rows of sums, four in each matrix.
alias Sums = array<mat4x4f, LANES / 4>;

// Adds the products of a block of b with the rows of a that the lanes hold.
fn add(c: ptr<function, Sums>, b: mat4x4f, v: vec4f) {
#if LANES_4
  (*c)[0][0] += b * quadBroadcast(v, 0u);
  (*c)[0][1] += b * quadBroadcast(v, 1u);
  (*c)[0][2] += b * quadBroadcast(v, 2u);
  (*c)[0][3] += b * quadBroadcast(v, 3u);
#else
  (*c)[0][0] += b * subgroupBroadcast(v, 0u);
  (*c)[0][1] += b * subgroupBroadcast(v, 1u);
  (*c)[0][2] += b * subgroupBroadcast(v, 2u);
  (*c)[0][3] += b * subgroupBroadcast(v, 3u);
  (*c)[1][0] += b * subgroupBroadcast(v, 4u);
  (*c)[1][1] += b * subgroupBroadcast(v, 5u);
  (*c)[1][2] += b * subgroupBroadcast(v, 6u);
  (*c)[1][3] += b * subgroupBroadcast(v, 7u);
#endif
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

// Up to four elements of a row of y, from `column` on of `width`.
fn put(rowStart: u32, column: u32, width: u32, value: vec4f) {
  var sum = value * params.scale;
#if BIAS
  sum += vec4f(bias[column], bias[column + 1u], bias[column + 2u], bias[column + 3u]);
#endif
  let at = rowStart + column;
#if VECTOR_Y
#if ACCUMULATE
  sum += y[at / 4u];
#endif
  y[at / 4u] = sum;
#else
  for (var i = 0u; i < min(4u, width - column); i++) {
#if ACCUMULATE
    sum[i] += y[at + i];
#endif
    y[at + i] = sum[i];
  }
#endif
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  // Copied, since a uniform is read again wherever it stands.
  let m = params.m;
  let n = params.n;
  let k = params.k;
  let row = group.x * LOADS * LANES;
  let column = (group.y * LANES + lane) * 4u;
#if TRANSPOSE_A
  let strideA = m;
  var atA = group.z * m * k + row + lane;
  let down = u32(LANES);
#else
  let strideA = 1u;
  var atA = (group.z * m + row + lane) * k;
  let down = LANES * k;
#endif
#if TRANSPOSE_B
  let strideB = k;
  var atB = (group.z * n + column) * k;
  let nextB = 4u;
#else
  let strideB = n;
  var atB = group.z * k * n + column;
  let nextB = 4u * n;
#endif
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
    let a0 = loadA(atA, strideA, left);
#if LOADS_2
    let a1 = loadA(atA + down, strideA, left);
#endif
#if LOADS_4
    let a2 = loadA(atA + 2u * down, strideA, left);
    let a3 = loadA(atA + 3u * down, strideA, left);
#endif
    let block = loadB(atB, strideB, left);
    add(&c0, block, a0);
#if LOADS_2
    add(&c1, block, a1);
#endif
#if LOADS_4
    add(&c2, block, a2);
    add(&c3, block, a3);
#endif
    atA += 4u * strideA;
    atB += nextB;
  }
#if LOADS_4
  var all = array<Sums, 4>(c0, c1, c2, c3);
#elif LOADS_2
  var all = array<Sums, 2>(c0, c1);
#else
  var all = array<Sums, 1>(c0);
#endif
  if (column >= n) {
    return;
  }
#if TRANSPOSE_Y
  for (var i = 0u; i < min(LOADS * LANES, m - row); i += 4u) {
    let block = transpose(all[i / LANES][i % LANES / 4u]);
    for (var j = 0u; j < min(4u, n - column); j++) {
      put((group.z * n + column + j) * m, row + i, m, block[j]);
    }
  }
#else
  for (var i = 0u; i < min(LOADS * LANES, m - row); i++) {
    put((group.z * m + row + i) * n, column, n, all[i / LANES][i % LANES / 4u][i % 4u]);
  }
#endif
}
