// Rows of a matrix, each by a workgroup of 64 where COOPERATIVE, else by one invocation. A kernel that includes this
// declares
//   struct Params { rows: u32, … }
//   alias Sum                        what `total` and `largest` join
//   fn eachRow(row: u32, lane: u32)  the work: lane `lane` takes elements lane, lane + LANES, lane + 2 LANES, …
// Sums of many numbers run in chunks of 32, so that their rounding stays small.

#include "totals.wgsl"

const SIZE = 64u;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let place = group.x + group.y * groups.x;
#if COOPERATIVE
  if (place < params.rows) {
    eachRow(place, lane);
  }
#else
  let row = place * SIZE + lane;
  if (row < params.rows) {
    eachRow(row, 0u);
  }
#endif
}
