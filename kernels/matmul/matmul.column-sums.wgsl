// y[j] = Σ_i x[i, j] (+ y[j]): a bias's gradient, summed in a fixed order.
//
// x  [rows, columns]
// y  [columns]
//
// Parallel plan: one column an invocation. Chunks of 32 rows keep the rounding of long sums small.

struct Params { rows: u32, columns: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  if (column >= params.columns) {
    return;
  }
  var sum = 0.0;
  for (var first = 0u; first < params.rows; first += 32u) {
    var chunk = 0.0;
    for (var row = first; row < min(first + 32u, params.rows); row++) {
      chunk += x[row * params.columns + column];
    }
    sum += chunk;
  }
#if ACCUMULATE
  sum += y[column];
#endif
  y[column] = sum;
}
