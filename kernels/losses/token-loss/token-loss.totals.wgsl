// Sums of 256 rows of parts each: totals[g, c] = Σ_{r = 256 g}^{256 g + 255} parts[r, c].
// The last round, with LAST, has one group left: loss = scale · total of column `loss`, metrics = the
// first totals.
//
// parts    [rows, columns] f32
// totals   [ceil(rows / 256), columns] f32
// scale    [1] f32;  loss [1] f32;  metrics [count] f32, count <= columns
//
// Parallel plan: a workgroup of 16 a sum; each lane adds 16 rows, lane 0 the 16 lanes.

struct Params { rows: u32, columns: u32, loss: u32, metrics: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
#if LAST
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> metrics: array<f32>;
#else
@group(0) @binding(2) var<storage, read_write> totals: array<f32>;
#endif

var<workgroup> lanes: array<f32, 16>;

@compute @workgroup_size(16)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let place = group.x + group.y * groups.x;
  let column = place % params.columns;
  let first = place / params.columns * 256u;
  if (first >= params.rows) {
    return;
  }
  var sum = 0.0;
  for (var row = first + lane; row < min(first + 256u, params.rows); row += 16u) {
    sum += parts[row * params.columns + column];
  }
  lanes[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < 16u; other++) {
    sum += lanes[other];
  }
#if LAST
  if (column == params.loss) {
    loss[0] = scale[0] * sum;
  }
  if (column < params.metrics) {
    metrics[column] = sum;
  }
#else
  totals[place] = sum;
#endif
}
