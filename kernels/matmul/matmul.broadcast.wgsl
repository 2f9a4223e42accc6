// y = scale · op(a) · op(b) (+ bias) (+ y), 16 × (4 · LANES) elements of y a subgroup, no barriers.
//
// a     [batch, m, k], or [batch, k, m] if TRANSPOSE_A
// b     [batch, k, n], or [batch, n, k] if TRANSPOSE_B
// bias  [n]; y [batch, m, n]. With TRANSPOSE_Y, bias is [m] and y [batch, n, m].
//
// Parallel plan: one subgroup of LANES a workgroup; x over rows, so that a strip of b stays in
// the cache, y over columns, z over the batch. Each lane keeps 16 × 4 sums. For four k at a time
// it loads its own 4 × 4 block of b, and one vec4 of a that every lane then hands round: on a CPU
// adapter a load costs ten times an addition for each lane, whatever its address.

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

// Elements past the end of k count as zero; past m and n anything may stand, it is not stored.
fn along(v: vec4f, k: u32) -> vec4f {
#if ODD_K
  return select(vec4f(), v, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(params.k));
#else
  return v;
#endif
}
fn across(v: vec4f, k: u32) -> vec4f {
#if ODD_K
  return select(vec4f(), v, k < params.k);
#else
  return v;
#endif
}

fn fourOfA(at: u32) -> vec4f {
#if VECTOR_A
  return a[at / 4u];
#else
  return vec4f(a[at], a[at + 1u], a[at + 2u], a[at + 3u]);
#endif
}
fn fourOfB(at: u32) -> vec4f {
#if VECTOR_B
  return b[at / 4u];
#else
  return vec4f(b[at], b[at + 1u], b[at + 2u], b[at + 3u]);
#endif
}

// What a lane loads of LANES rows of a × four k: four k of its own row, or four rows of its own k.
fn loadA(first: u32, row: u32, k: u32, lane: u32) -> vec4f {
#if TRANSPOSE_A
  let own = k + lane % 4u;
  return across(fourOfA(first + own * params.m + row + lane / 4u * 4u), own);
#else
  return along(fourOfA(first + (row + lane) * params.k + k), k);
#endif
}

// Four rows of a × four k from four lanes, a row in each column.
fn rows(v0: vec4f, v1: vec4f, v2: vec4f, v3: vec4f) -> mat4x4f {
#if TRANSPOSE_A
  return transpose(mat4x4f(v0, v1, v2, v3));
#else
  return mat4x4f(v0, v1, v2, v3);
#endif
}

// Four k × four columns of b, a k in each column of the matrix.
fn loadB(first: u32, k: u32, column: u32) -> mat4x4f {
#if TRANSPOSE_B
  let at = first + column * params.k + k;
  return transpose(mat4x4f(
    along(fourOfB(at), k), along(fourOfB(at + params.k), k),
    along(fourOfB(at + 2u * params.k), k), along(fourOfB(at + 3u * params.k), k)));
#else
  let at = first + k * params.n + column;
  return mat4x4f(
    across(fourOfB(at), k), across(fourOfB(at + params.n), k + 1u),
    across(fourOfB(at + 2u * params.n), k + 2u), across(fourOfB(at + 3u * params.n), k + 3u));
#endif
}

// Four elements of a row of y, which has `width` columns and begins at `first`.
fn put(first: u32, row: u32, column: u32, width: u32, value: vec4f) {
  var sum = value * params.scale;
#if BIAS
  sum += vec4f(bias[column], bias[column + 1u], bias[column + 2u], bias[column + 3u]);
#endif
  let at = first + row * width + column;
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

// Four rows of the product × four columns; a row in each column of the matrix.
fn store(first: u32, row: u32, column: u32, block: mat4x4f) {
  if (row >= params.m || column >= params.n) {
    return;
  }
#if TRANSPOSE_Y
  let turned = transpose(block);
  for (var i = 0u; i < min(4u, params.n - column); i++) {
    put(first, column + i, row, params.m, turned[i]);
  }
#else
  for (var i = 0u; i < min(4u, params.m - row); i++) {
    put(first, row + i, column, params.n, block[i]);
  }
#endif
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let row = group.x * 16u;
  let column = (group.y * LANES + lane) * 4u;
  let firstA = group.z * params.m * params.k;
  let firstB = group.z * params.k * params.n;
  var c0 = mat4x4f();
  var c1 = mat4x4f();
  var c2 = mat4x4f();
  var c3 = mat4x4f();
  for (var k = 0u; k < params.k; k += 4u) {
    let block = loadB(firstB, k, column);
    let a0 = loadA(firstA, row, k, lane);
    c0 += block * rows(subgroupBroadcast(a0, 0u), subgroupBroadcast(a0, 1u),
      subgroupBroadcast(a0, 2u), subgroupBroadcast(a0, 3u));
#if LANES_4
    let a1 = loadA(firstA, row + 4u, k, lane);
#else
    let a1 = a0;
#endif
    c1 += block * rows(subgroupBroadcast(a1, 4u % LANES), subgroupBroadcast(a1, 5u % LANES),
      subgroupBroadcast(a1, 6u % LANES), subgroupBroadcast(a1, 7u % LANES));
#if LANES_16
    let a2 = a0;
#else
    let a2 = loadA(firstA, row + 8u, k, lane);
#endif
    c2 += block * rows(subgroupBroadcast(a2, 8u % LANES), subgroupBroadcast(a2, 9u % LANES),
      subgroupBroadcast(a2, 10u % LANES), subgroupBroadcast(a2, 11u % LANES));
#if LANES_4
    let a3 = loadA(firstA, row + 12u, k, lane);
#else
    let a3 = a2;
#endif
    c3 += block * rows(subgroupBroadcast(a3, 12u % LANES), subgroupBroadcast(a3, 13u % LANES),
      subgroupBroadcast(a3, 14u % LANES), subgroupBroadcast(a3, 15u % LANES));
  }
  let firstY = group.z * params.m * params.n;
  store(firstY, row, column, c0);
  store(firstY, row + 4u, column, c1);
  store(firstY, row + 8u, column, c2);
  store(firstY, row + 12u, column, c3);
}
