// scores[b, h, j] becomes 2^(scores[b, h, j] - m), m the largest of the visible keys, and
// totals[b, h] = 1 / the sum of these: softmax before its division. A sequence of no tokens gets 0.
//
// lengths  [batch] i32
// scores   [batch, heads, capacity] f32, read and written
// totals   [batch, heads] f32
//
// Parallel plan: a workgroup of 64 a head of a sequence where COOPERATIVE, else one invocation.

struct Params { count: u32, heads: u32, capacity: i32, window: i32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lengths: array<i32>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;
@group(0) @binding(3) var<storage, read_write> totals: array<f32>;

#if COOPERATIVE
const LANES = 64u;
var<workgroup> parts: array<f32, 64>;

fn largest(lane: u32, value: f32) -> f32 {
  parts[lane] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lane < half) {
      parts[lane] = max(parts[lane], parts[lane + half]);
    }
    workgroupBarrier();
  }
  return parts[0];
}

fn total(lane: u32, value: f32) -> f32 {
  workgroupBarrier();
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
fn largest(lane: u32, value: f32) -> f32 { return value; }
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
  if (row >= params.count) {
    return;
  }
  let length = min(lengths[row / params.heads], params.capacity);
  let first = row * u32(params.capacity) + u32(max(0, length - params.window));
  let end = row * u32(params.capacity) + u32(max(0, length));
  var m = -1e30;
  for (var i = first + lane; i < end; i += LANES) {
    m = max(m, scores[i]);
  }
  m = largest(lane, m);
  var sum = 0.0;
  for (var chunk = first + lane; chunk < end; chunk += 32u * LANES) {
    var part = 0.0;
    for (var i = chunk; i < min(chunk + 32u * LANES, end); i += LANES) {
      let p = exp2(scores[i] - m);
      scores[i] = p;
      part += p;
    }
    sum += part;
  }
  sum = total(lane, sum);
  if (lane == 0u) {
    totals[row] = select(0.0, 1.0 / sum, sum > 0.0);
  }
}
