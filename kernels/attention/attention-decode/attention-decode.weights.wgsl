// scores[b, h, j] becomes 2^(scores[b, h, j] - m), m the largest of the visible keys, and
// totals[b, h] = 1 / the sum of these: softmax before its division. A sequence of no tokens gets 0.
//
// lengths  [batch] i32
// scores   [batch, heads, capacity] f32, read and written
// totals   [batch, heads] f32
//
// Parallel plan: a workgroup of 64 a head of a sequence where COOPERATIVE, else one invocation.

#include "rows.wgsl"

struct Params { rows: u32, heads: u32, capacity: i32, window: i32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lengths: array<i32>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;
@group(0) @binding(3) var<storage, read_write> totals: array<f32>;

alias Sum = f32;

fn eachRow(row: u32, lane: u32) {
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
