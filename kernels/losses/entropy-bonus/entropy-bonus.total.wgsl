// total[0] = max(1, Σ mask): how many tokens the mean is over.
//
// mask  [count] f32;  total [1] f32
//
// Parallel plan: one workgroup of 256, tokens 256 apart a lane; lane 0 adds the lanes in order.

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mask: array<f32>;
@group(0) @binding(2) var<storage, read_write> total: array<f32>;

var<workgroup> lanes: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < params.count; i += 256u) {
    sum += mask[i];
  }
  lanes[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < 256u; other++) {
    sum += lanes[other];
  }
  total[0] = max(1.0, sum);
}
