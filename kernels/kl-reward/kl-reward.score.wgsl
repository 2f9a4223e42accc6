// rewards[places[r]] += scores[r]: each completion's score comes at one place of its own; none where that is negative.
//
// scores [rows] f32;  places [rows] i32, no two alike;  rewards [count] f32
//
// Parallel plan: a completion an invocation.

struct Params { rows: u32, count: i32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> places: array<i32>;
@group(0) @binding(3) var<storage, read_write> rewards: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64u;
  if (row >= params.rows) {
    return;
  }
  let place = places[row];
  if (place >= 0 && place < params.count) {
    rewards[place] += scores[row];
  }
}
