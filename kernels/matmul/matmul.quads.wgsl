// The product in subgroups of four lanes, which swap rows of a; no barriers.
//
// Parallel plan: one subgroup a workgroup, for a tile of 4 · LOADS rows × 16 columns of y (twice 16 if WIDE).
// For four k at a time a lane loads LOADS rows of a and four columns of b; it multiplies its columns by
// its own rows, then by those that the other three lanes hand it: lane l has the products with the rows
// of lane l ^ s in column s of its sums. On SwiftShader, for which this is, a swap is one instruction where
// a broadcast is eight. A number loaded by four lanes costs as much as twenty additions, whatever its
// address, and each turn writes the sums back under a mask, which costs as much again: so the tile is as
// large as the instruction cache allows, some 60 kB of machine code for the loop.
//
// x and z over columns, PANEL tiles in x, y over rows: workgroups whose numbers differ by PANEL, which
// SwiftShader gives to one thread, read the same columns of b. The batch is outermost in z.

enable subgroups;

#include "matmul.operands.wgsl"

// LOADS rows of each lane, as one lane sees them: its own in column 0, that of lane ^ s in column s.
alias Rows = array<mat4x4f, LOADS>;

fn seen(v: vec4f) -> mat4x4f {
  return mat4x4f(v, quadSwapX(v), quadSwapY(v), quadSwapDiagonal(v));
}

#if !LOADS_4
#include "matmul.four-k.wgsl"
#endif

fn rowsOfA(at: u32, stride: u32, left: u32) -> Rows {
#if LOADS_4
  let block = transpose(blockOfA(at, stride, left));
  return Rows(seen(block[0]), seen(block[1]), seen(block[2]), seen(block[3]));
#elif LOADS_2
  return Rows(seen(fourK(at, stride, left)), seen(fourK(at + startOfA(0u, 1u), stride, left)));
#else
  return Rows(seen(fourK(at, stride, left)));
#endif
}

#if LOW_RANK
fn rowsOfLow(row: u32, i: u32) -> Rows {
  let stride = params.rank / 4u;
  let at = row * stride + i / 4u;
#if LOADS_4
  return Rows(
    seen(low[at]), seen(low[at + stride]), seen(low[at + 2u * stride]), seen(low[at + 3u * stride]));
#elif LOADS_2
  return Rows(seen(low[at]), seen(low[at + stride]));
#else
  return Rows(seen(low[at]));
#endif
}
#endif

fn multiply(c: ptr<function, Rows>, block: mat4x4f, rows: Rows) {
  (*c)[0] += block * rows[0];
#if LOADS_2
  (*c)[1] += block * rows[1];
#endif
#if LOADS_4
  (*c)[2] += block * rows[2];
  (*c)[3] += block * rows[3];
#endif
}

// Writes the sums of one block of columns; `row` is the first of the tile.
fn store(sums: ptr<function, Rows>, lane: u32, batch: u32, row: u32, column: u32) {
  let m = params.m;
  let n = params.n;
  if (column >= n) {
    return;
  }
  for (var s = 0u; s < 4u; s++) {
    let first = row + LOADS * (lane ^ s);
#if TRANSPOSE_Y
    for (var j = 0u; j < min(4u, n - column); j++) {
      var part = vec4f();
      for (var i = 0u; i < LOADS; i++) {
        part[i] = (*sums)[i][s][j];
      }
      if (first < m) {
        put((batch * n + column + j) * m, first, min(m, first + LOADS), part);
      }
    }
#else
    for (var i = 0u; i < LOADS; i++) {
      if (first + i < m) {
        put((batch * m + first + i) * n, column, n, (*sums)[i][s]);
      }
    }
#endif
  }
}

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  // Copied, since a uniform is read again wherever it stands.
  let n = params.n;
  let k = params.k;
#if WIDE
  let width = 32u;
#else
  let width = 16u;
#endif
  let panels = (n + PANEL * width - 1u) / (PANEL * width);
  let batch = group.z / panels;
  let tile = (group.z % panels * PANEL + group.x) * width;
  if (tile >= n) {
    return;
  }
  let column = tile + lane * 4u;
  let row = group.y * 4u * LOADS;
  let strideA = strideOfA();
  let strideB = strideOfB();
  let nextA = nextOfA();
  let nextB = nextOfB();
  let aside = startOfB(0u, 16u);
  var atA = startOfA(batch, row + lane * LOADS);
  var atB = startOfB(batch, column);
  var c: Rows;
#if WIDE
  var d: Rows;
#endif
  for (var done = 0u; done < k; done += 4u) {
    let left = k - done;
    let rows = rowsOfA(atA, strideA, left);
    multiply(&c, blockOfB(atB, strideB, left), rows);
#if WIDE
    multiply(&d, blockOfB(atB + aside, strideB, left), rows);
#endif
    atA += nextA;
    atB += nextB;
  }
#if LOW_RANK
  for (var i = 0u; i < params.rank; i += 4u) {
    let rows = rowsOfLow(row + lane * LOADS, i);
    multiply(&c, blockOfUp(column, i), rows);
#if WIDE
    multiply(&d, blockOfUp(column + 16u, i), rows);
#endif
  }
#endif
  // Copies: sums that are read by a running index cannot stay in registers.
#if LOADS_4
  var sums = Rows(c[0], c[1], c[2], c[3]);
#elif LOADS_2
  var sums = Rows(c[0], c[1]);
#else
  var sums = Rows(c[0]);
#endif
  store(&sums, lane, batch, row, column);
#if WIDE
#if LOADS_4
  sums = Rows(d[0], d[1], d[2], d[3]);
#elif LOADS_2
  sums = Rows(d[0], d[1]);
#else
  sums = Rows(d[0]);
#endif
  store(&sums, lane, batch, row, column + 16u);
#endif
}
