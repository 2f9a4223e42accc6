// The norm, and by the way a low-rank product of it: y = x · rstd · (offset + weight), down = scale · y · aᵀ.
//
// x, y    [rows, width] vec4f: the number of columns divides by 4, and width counts vectors
// weight  [width] vec4f; offset is 1 for Gemma, else 0
// a       [rank, width] vec4f
// rstd    [rows] f32: 1 / √(mean of x² + eps), kept for the gradient
// down    [rows, rank] f32
//
// Parallel plan: a workgroup of SIZE a row where COOPERATIVE, else four rows an invocation, so that a vector of
// a is loaded once for four products. Four rows of a at a time. Sums of squares run in chunks of 32, so that
// their rounding stays small.

#include "totals.wgsl"

struct Params { rows: u32, width: u32, columns: f32, eps: f32, offset: f32, rank: u32, scale: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> a: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(6) var<storage, read_write> down: array<f32>;

alias Sum = vec4f;

// Writes a row of y and its rstd.
fn normalise(row: u32, lane: u32) {
  let first = row * params.width;
  var sum = vec4f();
  for (var chunk = lane; chunk < params.width; chunk += 32u * LANES) {
    var part = vec4f();
    for (var c = chunk; c < min(chunk + 32u * LANES, params.width); c += LANES) {
      let v = x[first + c];
      part += v * v;
    }
    sum += part;
  }
  let squares = total(lane, sum);
  let mean = ((squares.x + squares.y) + (squares.z + squares.w)) / params.columns;
  let scale = 1.0 / sqrt(mean + params.eps);
  if (lane == 0u) {
    rstd[row] = scale;
  }
  for (var c = lane; c < params.width; c += LANES) {
    y[first + c] = x[first + c] * scale * (params.offset + weight[c]);
  }
}

// Where four rows of a begin; past the last one they repeat it.
fn fourRows(j: u32) -> vec4u {
  return min(j + vec4u(0u, 1u, 2u, 3u), vec4u(params.rank - 1u)) * params.width;
}

fn fourOfA(at: vec4u, c: u32) -> mat4x4f {
  return mat4x4f(a[at.x + c], a[at.y + c], a[at.z + c], a[at.w + c]);
}

fn store(row: u32, j: u32, products: vec4f) {
  for (var i = 0u; i < min(4u, params.rank - j); i++) {
    down[row * params.rank + j + i] = products[i] * params.scale;
  }
}

@compute @workgroup_size(SIZE)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let index = group.x + group.y * groups.x;
#if COOPERATIVE
  if (index >= params.rows) {
    return;
  }
  normalise(index, lane);
  for (var j = 0u; j < params.rank; j += 4u) {
    let at = fourRows(j);
    var sum = vec4f();
    for (var c = lane; c < params.width; c += LANES) {
      sum += y[index * params.width + c] * fourOfA(at, c);
    }
    let products = total(lane, sum);
    if (lane == 0u) {
      store(index, j, products);
    }
  }
#else
  let row = (index * SIZE + lane) * 4u;
  if (row >= params.rows) {
    return;
  }
  let count = min(4u, params.rows - row);
  for (var i = 0u; i < count; i++) {
    normalise(row + i, 0u);
  }
  // Rows past the last one repeat it and are not stored.
  let first = (row + min(vec4u(0u, 1u, 2u, 3u), vec4u(count - 1u))) * params.width;
  for (var j = 0u; j < params.rank; j += 4u) {
    let at = fourRows(j);
    var sums = mat4x4f();
    for (var c = 0u; c < params.width; c++) {
      let block = transpose(fourOfA(at, c));
      sums += block * mat4x4f(y[first.x + c], y[first.y + c], y[first.z + c], y[first.w + c]);
    }
    for (var i = 0u; i < count; i++) {
      store(row + i, j, sums[i]);
    }
  }
#endif
}
