// dx[r, c] = y[r, c] · (dy[r, c] - Σ_c dy[r, c] · y[r, c]).
//
// y, dy, dx  [rows, columns] f32
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.
// Sums run in chunks of 32, so that their rounding stays small.

struct Params { rows: u32, columns: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

#if COOPERATIVE
const LANES = 64u;
var<workgroup> parts: array<f32, 64>;

fn total(lane: u32, value: f32) -> f32 {
  parts[lane] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lane < half) {
      parts[lane] += parts[lane + half];
    }
    workgroupBarrier();
  }
  return parts[0];
}
#else
const LANES = 1u;
fn total(lane: u32, value: f32) -> f32 { return value; }
#endif

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
#if COOPERATIVE
  let row = group.x + group.y * groups.x;
  let lane = local;
#else
  let row = (group.x + group.y * groups.x) * 64u + local;
  let lane = 0u;
#endif
  if (row >= params.rows) {
    return;
  }
  let first = row * params.columns;
  let end = first + params.columns;
  var sum = 0.0;
  for (var chunk = first + lane; chunk < end; chunk += 32u * LANES) {
    var part = 0.0;
    for (var i = chunk; i < min(chunk + 32u * LANES, end); i += LANES) {
      part += dy[i] * y[i];
    }
    sum += part;
  }
  sum = total(lane, sum);
  for (var i = first + lane; i < end; i += LANES) {
    dx[i] = y[i] * (dy[i] - sum);
  }
}
