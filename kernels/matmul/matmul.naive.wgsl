// y = scale · op(a) · op(b) (+ bias) (+ addend) (+ y): the formula, one element of y an invocation.
//
// a       [batch, m, k], or [batch, k, m] if TRANSPOSE_A; f32, or f16 if HALF_A
// b       [batch, k, n], or [batch, n, k] if TRANSPOSE_B; f32, or f16 if HALF_B
// bias    [n]
// addend  [batch, m, n]
// y       [batch, m, n]
//
// BLOCKS: of the product only blocks along the diagonal are kept, which meet at (row1, column1) and (row2, column2).
//
// Parallel plan: x over columns, y over rows, z over the batch; 8 × 8 invocations a workgroup.

struct Params { m: u32, n: u32, k: u32, scale: f32, row1: u32, row2: u32, column1: u32, column2: u32 }

@group(0) @binding(0) var<uniform> params: Params;
#if HALF_A
@group(0) @binding(1) var<storage, read> a: array<u32>;
#else
@group(0) @binding(1) var<storage, read> a: array<f32>;
#endif
#if HALF_B
@group(0) @binding(2) var<storage, read> b: array<u32>;
#else
@group(0) @binding(2) var<storage, read> b: array<f32>;
#endif
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
#if BIAS
@group(0) @binding(4) var<storage, read> bias: array<f32>;
#endif
#if ADDEND
@group(0) @binding(5) var<storage, read> addend: array<f32>;
#endif

fn loadA(batch: u32, row: u32, l: u32) -> f32 {
#if TRANSPOSE_A
  let at = (batch * params.k + l) * params.m + row;
#else
  let at = (batch * params.m + row) * params.k + l;
#endif
#if HALF_A
  let pair = unpack2x16float(a[at / 2u]);
  return select(pair.x, pair.y, at % 2u == 1u);
#else
  return a[at];
#endif
}

fn loadB(batch: u32, l: u32, column: u32) -> f32 {
#if TRANSPOSE_B
  let at = (batch * params.n + column) * params.k + l;
#else
  let at = (batch * params.k + l) * params.n + column;
#endif
#if HALF_B
  let pair = unpack2x16float(b[at / 2u]);
  return select(pair.x, pair.y, at % 2u == 1u);
#else
  return b[at];
#endif
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let row = id.y;
  if (row >= params.m || column >= params.n) {
    return;
  }
  var sum = 0.0;
  for (var l = 0u; l < params.k; l++) {
    sum += loadA(id.z, row, l) * loadB(id.z, l, column);
  }
  sum *= params.scale;
#if BLOCKS
  let rowBlock = u32(row >= params.row1) + u32(row >= params.row2);
  let columnBlock = u32(column >= params.column1) + u32(column >= params.column2);
  sum = select(0.0, sum, rowBlock == columnBlock);
#endif
#if BIAS
  sum += bias[column];
#endif
  let at = (id.z * params.m + row) * params.n + column;
#if ADDEND
  sum += addend[at];
#endif
#if ACCUMULATE
  sum += y[at];
#endif
  y[at] = sum;
}
