// The weight of each sequence: φ[r] = e^(λ + k log w - λ w), log w = Σ members · clamp(logps - oldLogps, ±20) over
// bounds[r], itself held within [log 1e-8, 20]; k and λ by the sign of the sequence's advantage. φ(w = 1) = 1.
//
// logps, oldLogps, members, advantages  [count] f32;  bounds [rows] vec2i;  phi [rows] f32
//
// Parallel plan: a workgroup of 64 a sequence, tokens 64 apart a lane; lane 0 adds the lanes in order.

struct Params { count: u32, rows: u32, kPos: f32, lambdaPos: f32, kNeg: f32, lambdaNeg: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logps: array<f32>;
@group(0) @binding(2) var<storage, read> oldLogps: array<f32>;
@group(0) @binding(3) var<storage, read> members: array<f32>;
@group(0) @binding(4) var<storage, read> advantages: array<f32>;
@group(0) @binding(5) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(6) var<storage, read_write> phi: array<f32>;

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
    // What is no member may be anything.
    if (members[i] != 0.0) {
      sum += members[i] * clamp(logps[i] - oldLogps[i], -20.0, 20.0);
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
  let logw = clamp(sum, -18.420681, 20.0);
  let good = first >= end || advantages[first] >= 0.0;
  let k = select(params.kNeg, params.kPos, good);
  let lambda = select(params.lambdaNeg, params.lambdaPos, good);
  phi[row] = exp(lambda + k * logw - lambda * exp(logw));
}
