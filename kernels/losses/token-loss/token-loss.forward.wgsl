// What every loss over tokens shares. A loss includes this and declares
//   struct Params { count: u32, … }     and its inputs at bindings 4 and up,
//   const COLUMNS                       how many sums it keeps,
//   fn token(i: u32) -> Token           token i's share of each sum, and the slope of its loss; brokenToken() where
//                                       a number that counts is NaN or infinite.
// Here: gradient[i] = scale · slope of token i, and sums of 16 tokens each.
//
// scale     [1] f32
// gradient  [count] f32
// parts     [64 · ceil(count / 1024), COLUMNS] f32
//
// Parallel plan: 16 tokens an invocation, 64 apart; token-loss.totals.wgsl adds up the parts.

#include "finite.wgsl"

struct Token { slope: f32, shares: array<f32, COLUMNS> }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;

// All NaN, so that the loss and the slope are NaN too, whatever clamps come between.
fn brokenToken() -> Token {
  var broken = Token(notANumber(scale[0]), array<f32, COLUMNS>());
  for (var c = 0u; c < COLUMNS; c++) {
    broken.shares[c] = broken.slope;
  }
  return broken;
}

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let block = group.x + group.y * groups.x;
  if (block * 1024u >= params.count) {
    return;
  }
  var sums = array<f32, COLUMNS>();
  for (var i = block * 1024u + lane; i < min(params.count, (block + 1u) * 1024u); i += 64u) {
    var term = token(i);
    gradient[i] = scale[0] * term.slope;
    for (var c = 0u; c < COLUMNS; c++) {
      sums[c] += term.shares[c];
    }
  }
  for (var c = 0u; c < COLUMNS; c++) {
    parts[(block * 64u + lane) * COLUMNS + c] = sums[c];
  }
}
