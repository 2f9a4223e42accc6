// One sum over each sequence's tokens. A kernel that includes this declares
//   struct Params { count: u32, rows: u32, … }   tokens, sequences
//   bounds  [rows] vec2i                         start and end of each sequence, clamped to the tokens
//   fn term(i: u32) -> f32                       what token i adds
//   fn put(row: u32, first: u32, end: u32, sum: f32)
//
// Parallel plan: a workgroup of 64 a sequence, tokens 64 apart a lane; lane 0 adds the lanes in order.

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
    sum += term(i);
  }
  lanes[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < 64u; other++) {
    sum += lanes[other];
  }
  put(row, first, end, sum);
}
