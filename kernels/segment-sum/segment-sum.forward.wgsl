// y[r] = Σ weights[i] · x[i] over bounds[r].x <= i < bounds[r].y: sums of sequences' tokens.
//
// x, weights  [count] f32;  bounds [rows] vec2i: start and end of each, clamped to the tokens;  y [rows] f32
//
// Parallel plan: a workgroup of 64 a sequence, tokens 64 apart a lane; lane 0 adds the lanes in order.

struct Params { count: u32, rows: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

var<workgroup> lanes: array<f32, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let row = group.x + group.y * groups.x;
  if (row >= params.rows) {
    return;
  }
  let first = u32(max(bounds[row].x, 0));
  let end = min(u32(max(bounds[row].y, 0)), params.count);
  var sum = 0.0;
  for (var i = first + lane; i < end; i += 64u) {
    // What a weight of 0 leaves out may be anything.
    if (weights[i] != 0.0) {
      sum += weights[i] * x[i];
    }
  }
  lanes[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < 64u; other++) {
    sum += lanes[other];
  }
  y[row] = sum;
}
